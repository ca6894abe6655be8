import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { SystemClock } from '../src/index.js';
import { ElevenLabsServer, networkTransport, SimulatedCall } from '../src/testing/index.js';
import { resolveOptions } from '../src/twilio-voice.options.js';
import { build } from './support/build.js';
import { freePort } from './support/free-port.js';

const CALLS = 20;
const { graceMs, goodbye } = resolveOptions().drain;
const { filler } = resolveOptions().conversation;
/** What the demo agent begins with, behind the disclosure. */
const SENTENCES = [
  resolveOptions().conversation.disclosure,
  'Hello, and thank you for calling.',
  'I am a machine that likes to talk.',
  'Ask me anything, and interrupt me whenever you like.',
  'I will stop at once.',
];
const clock = new SystemClock();
const pass = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

describe('SIGTERM in the middle of 20 calls', () => {
  let built: string;
  let server: ElevenLabsServer;
  let directory: string;
  let child: ChildProcess;
  let output = '';

  beforeAll(async () => {
    built = await build('shutdown');
    server = await ElevenLabsServer.start({ apiKey: 'sk_1' });
    directory = await mkdtemp(join(tmpdir(), 'shutdown-'));
  }, 120_000);
  afterAll(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await server.close();
    await rm(directory, { recursive: true });
  });

  async function start(): Promise<string> {
    const port = await freePort();
    const env = {
      PATH: process.env['PATH'] ?? '',
      PORT: String(port),
      ELEVENLABS_API_KEY: 'sk_1',
      ELEVENLABS_VOICE_ID: 'anna',
      ELEVENLABS_BASE_URL: server.url,
    };
    child = spawn(process.execPath, [join(built, 'main.js')], { cwd: directory, env });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)));
    for (let waited = 0; !output.includes('Next:'); waited += 50) {
      if (waited > 60_000) throw new Error(`the host does not start:\n${output}`);
      await pass(50);
    }
    return `http://127.0.0.1:${port}`;
  }

  const pieces = (call: SimulatedCall) =>
    server.heard(call.heardBytes()).map(({ text }) => text.replace(/\s+/g, ' ').trim());
  /** What the caller heard, piece by piece, but for what a busy machine fills its pauses with. */
  const heard = (call: SimulatedCall) => pieces(call).filter((text) => text !== filler);
  const fillers = (call: SimulatedCall) => pieces(call).filter((text) => text === filler).length;

  it('refuses new ones, lets each sentence in flight be heard to its end, and exits in time with code 0', async () => {
    const url = await start();
    const calls: SimulatedCall[] = [];
    for (let count = 0; count < CALLS; count++) {
      const call = new SimulatedCall({ clock, transport: networkTransport() });
      call.dial(`${url}/voice/incoming`);
      calls.push(call);
      await pass(120); // each is in another place when the signal comes
    }
    await pass(2_000);
    while (calls.some((call) => heard(call).length === 0)) await pass(50);
    const before = calls.map((call) => heard(call).join(' '));
    const fillersBefore = calls.map(fillers);
    const exit = new Promise<{ code: number | null; atMs: number }>((resolve) => {
      child.once('exit', (code) => {
        resolve({ code, atMs: clock.now() });
      });
    });
    const killedAt = clock.now();
    child.kill('SIGTERM');
    while ((await fetch(`${url}/ready`)).status !== 503) await pass(10);
    const late = new SimulatedCall({ clock, transport: networkTransport() });
    late.dial(`${url}/voice/incoming`);
    const status = await handshake(`${url.replace('http', 'ws')}/voice/stream`);
    const { code, atMs } = await exit;

    expect([await late.ended, status]).toEqual(['reject', 503]);
    expect(code).toBe(0);
    expect(atMs - killedAt).toBeLessThan(graceMs);
    expect(calls.map(fillers)).toEqual(fillersBefore);
    // The voice may have had to go another way, which speaks in more pieces.
    const after = calls.map((call) => ({
      said: heard(call).slice(0, -1).join(' '),
      last: heard(call).at(-1),
    }));
    for (const [index, { said, last }] of after.entries()) {
      const then = before[index] ?? '';
      expect(then.length).toBeGreaterThan(0);
      // Of what was on its way at the signal, up to half a second more than was heard, one sentence may have begun.
      const first = wholes.findIndex((whole) => whole.length >= then.length);
      expect(wholes.slice(first, first + 2)).toContain(said);
      expect(last).toBe(goodbye);
    }
    // The signal came in the middle of sentences, and of different ones.
    expect(before.filter((then) => !wholes.includes(then)).length).toBeGreaterThan(CALLS / 2);
    expect(new Set(after.map(({ said }) => said)).size).toBeGreaterThan(1);
    expect(calls.map(({ endedBy }) => endedBy)).toEqual(calls.map(() => 'hangup'));
    expect(calls.flatMap(({ violations }) => violations)).toEqual([]);
    expect(output).not.toMatch(/ERROR/);
  }, 120_000);
});

const wholes = SENTENCES.map((_, index) => SENTENCES.slice(0, index + 1).join(' '));

/** Status with which a stream is refused; 101 if it is not. */
function handshake(url: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}
