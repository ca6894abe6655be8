import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAMP = { customer: 'Ada', phone: '+4930123456', item: 'lamp', deliveredOn: '2026-12-28' };
const PLATFORMS = ['express', 'fastify'] as const;
const NOT_COPIED = /^(node_modules|dist|coverage|\.env|package-lock\.json|.*\.sqlite)$/;

const run = promisify(execFile);
let folder: string;
let example: string;

/** @returns what a command says, whether or not it fails; Node's own options, such as Jest's here, stay out */
async function says(command: string[], env: Record<string, string> = {}, cwd = example): Promise<string> {
  const [name = '', ...args] = command;
  const options = {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...env },
    maxBuffer: 2 ** 26,
  };
  const { stdout, stderr } = await run(name, args, options).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return stdout + stderr;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'example-'));
  example = join(folder, 'existing-backend');
  await cp(join(ROOT, 'examples/existing-backend'), example, {
    recursive: true,
    filter: (path) => !NOT_COPIED.test(basename(path)),
  });
  await cp(join(example, '.env.example'), join(example, '.env'));
  const packed = await says(['npm', 'pack', '--silent', '--pack-destination', folder], {}, ROOT);
  const tarball = packed.trim().split('\n').at(-1) ?? '';
  const manifest = await readFile(join(example, 'package.json'), 'utf8');
  await writeFile(
    join(example, 'package.json'),
    manifest.replace(/("nestjs-twilio-voice": )"[^"]+"/, `$1"file:../${tarball}"`),
  );
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: example });
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the example', () => {
  it('has no errors of types', async () => {
    expect(await says(['npm', 'run', '--silent', 'typecheck'])).toBe('');
  });

  it('passes its tests, with the configuration of Jest that `nest new` wrote', async () => {
    expect(await says(['npm', 'test'])).toMatch(/^Tests: +3 passed, 3 total/m);
  });

  it.each(PLATFORMS)('passes its end-to-end tests on %s', async (platform) => {
    const told = await says(['npm', 'run', 'test:e2e'], { HTTP_PLATFORM: platform });
    expect(told).toMatch(/^Tests: +6 passed, 6 total/m);
  });

  it.each(PLATFORMS)('is built, started and in its first call within a minute on %s', async (platform) => {
    const port = await freePort();
    const api = `http://127.0.0.1:${port}/api`;
    const env = { HTTP_PLATFORM: platform, PORT: String(port), PUBLIC_URL: api, DATABASE: ':memory:' };
    const startedAtMs = performance.now();
    await says(['npm', 'run', 'build']);
    const host = start(env);
    try {
      const staff = await signedIn(api);
      const { id } = (await staff('/orders', LAMP)) as { id: number };
      const running = run('npx', ['nestjs-twilio-voice', 'call', '--from', LAMP.phone, '--keys', '1'], {
        cwd: example,
        env: { ...process.env, NODE_OPTIONS: '', ...env },
      });
      let connectedMs = Infinity;
      running.child.stdout?.on('data', (text: string) => {
        if (text.includes('connected')) connectedMs = performance.now() - startedAtMs;
      });
      const { stdout } = await running;
      const overMs = performance.now() - startedAtMs;
      const inSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
      process.stdout.write(
        `${stdout}${platform}: from the build to the first call ${inSeconds(connectedMs)}, to its end ${inSeconds(overMs)}\n`,
      );
      expect(stdout).toMatch(/silent at the caller's ear, \d+ ms/);
      expect(connectedMs).toBeLessThan(60_000);
      expect(await staff(`/orders/${id}`)).toMatchObject({ deliveredOn: '2027-01-04' });
      expect(await staff('/calls')).toMatchObject([{ phone: LAMP.phone, interruptions: 1 }]);
    } finally {
      host.kill();
      if (host.exitCode === null && host.signalCode === null) await once(host, 'exit');
    }
  });
});

function start(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['dist/main.js'], {
    cwd: example,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** @returns what asks the REST API, posting a body if there is one */
async function signedIn(api: string): Promise<(path: string, body?: object) => Promise<unknown>> {
  const ask = async (path: string, body?: object, token?: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token ?? ''}` };
    const what = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(api + path, { headers, ...what });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return answer.json();
  };
  const deadlineMs = performance.now() + 60_000;
  for (;;)
    try {
      const { token } = (await ask('/auth/login', { password: 'change-me' })) as { token: string };
      return (path, body) => ask(path, body, token);
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
}
