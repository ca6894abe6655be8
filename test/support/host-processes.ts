import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { eventually } from './redis-server.js';

/** The compiled standalone host, as a process that can be killed. */
export class HostProcess {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    program: string,
    variables: Record<string, string>,
  ) {
    const env = { PATH: process.env['PATH'] ?? '', PORT: String(port), ...variables };
    this.#child = spawn(process.execPath, [program], { cwd: folder, env }); // not where a developer's .env is
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve));
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data) => (this.output += String(data)));
  }

  /** @param program the compiled `main.js` */
  static async start(program: string, variables: Record<string, string>): Promise<HostProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'voice-host-'));
    const host = new HostProcess(await freePort(), folder, program, variables);
    await eventually('the host has started', () => host.output.includes('Next:'), 60_000);
    return host;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}
