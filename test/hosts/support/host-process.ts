import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';
import type { Report } from '../projects/host/report.js';
import type { Settings } from '../projects/host/settings.js';

const BOOT_MS = 60_000;
const CALL_MS = 60_000;
/** Longer than the drain of a host without calls. */
const CLOSE_MS = 30_000;

/** Which host, made of what; the rest of it is what it is set to. */
export interface Cell extends Partial<Settings> {
  readonly nest: 11 | 12;
  readonly format: 'cjs' | 'esm';
  /** Path of the Node that runs host and caller. */
  readonly node: string;
  /** A script of the host's folder that is loaded before it. */
  readonly preload?: string;
}

interface Ended {
  /** Undefined: a signal ended it. */
  readonly code: number | undefined;
  readonly output: string;
  /** Errors and warnings, those of Node too. */
  readonly complaints: string;
}

/** A host of the matrix, as a process of its own. */
export class HostProcess {
  private constructor(
    private readonly directory: string,
    private readonly cell: Cell,
    private readonly environment: Record<string, string>,
    private readonly running: Running,
  ) {}

  /** @throws (rejects) Error with the output of a host that does not listen */
  static async start(directory: string, cell: Cell): Promise<HostProcess> {
    const host = await HostProcess.spawn(directory, cell);
    await host.running.says('The host is listening.', BOOT_MS);
    return host;
  }

  /** Starts a host that is not expected to listen. @returns how it ended */
  static async fail(directory: string, cell: Cell): Promise<Ended> {
    const host = await HostProcess.spawn(directory, cell);
    return host.running.end(BOOT_MS);
  }

  private static async spawn(directory: string, cell: Cell): Promise<HostProcess> {
    const { nest, format, node, preload, ...settings } = cell;
    const all: Settings = {
      http: 'express',
      sockets: 'none',
      voice: 'readable',
      forgetsAdapter: false,
      publicUrl: `http://127.0.0.1:${await freePort()}`,
      authToken: '0123456789abcdef',
      ...settings,
    };
    const project = join(directory, `nest-${nest}`, format);
    const environment = { PATH: process.env['PATH'] ?? '', SETTINGS: JSON.stringify(all), NO_COLOR: '1' };
    const options = preload === undefined ? [] : ['--require', join(project, preload)];
    const child = spawn(node, [...options, 'dist/main.js'], { cwd: project, env: environment });
    return new HostProcess(project, cell, environment, new Running(child));
  }

  /** Somebody calls. @throws (rejects) Error with what both said when the caller waited in vain */
  async call(): Promise<Report> {
    const child = spawn(this.cell.node, ['dist/caller.js'], { cwd: this.directory, env: this.environment });
    const { code, output, complaints } = await new Running(child).end(CALL_MS);
    if (code !== 0 || complaints !== '')
      throw new Error(`The caller said:\n${complaints}${output}\nThe host said:\n${this.running.said}`);
    return JSON.parse(output) as Report;
  }

  /** SIGTERM. */
  stop(): Promise<Ended> {
    this.running.child.kill('SIGTERM');
    return this.running.end(CLOSE_MS);
  }

  kill(): void {
    this.running.child.kill('SIGKILL');
  }
}

/** A process, with what it says. */
class Running {
  private output = '';
  private complaints = '';
  private readonly ended: Promise<Ended>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (data) => (this.output += String(data)));
    child.stderr?.on('data', (data) => (this.complaints += String(data)));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code: code ?? undefined, output: this.output, complaints: this.complaints });
      });
    });
  }

  get said(): string {
    return this.complaints + this.output;
  }

  async says(words: string, withinMs: number): Promise<void> {
    const said = new Promise<void>((resolve) => {
      this.child.stdout?.on('data', () => {
        if (this.output.includes(words)) resolve();
      });
    });
    const ended = this.ended.then(({ code }) => {
      throw new Error(`the process ended with ${code ?? 'a signal'}:\n${this.said}`);
    });
    await this.within(withinMs, words, Promise.race([said, ended]));
  }

  end(withinMs: number): Promise<Ended> {
    return this.within(withinMs, 'its end', this.ended);
  }

  /** Kills a process that takes longer. */
  private async within<T>(ms: number, what: string, awaited: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error(`waited ${ms / 1000} s in vain for ${what}:\n${this.said}`));
      }, ms);
    });
    return Promise.race([awaited, late]).finally(() => {
      clearTimeout(timer);
    });
  }
}
