import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../src/index.js';
import { ElevenLabsServer, networkTransport, OpenAiServer, SimulatedCall } from '../src/testing/index.js';
import { build } from './support/build.js';
import { freePort } from './support/free-port.js';

/** Writes how many modules of the SDK are loaded when the process is to end. */
const PROBE = `process.on('SIGTERM', () => {
  const loaded = Object.keys(require('node:module')._cache).filter((path) => /node_modules.elevenlabs/.test(path));
  process._rawDebug('SDK modules: ' + loaded.length);
});`;

describe('the standalone host', () => {
  const clock = new SystemClock();
  let child: ChildProcess | undefined;
  let output = '';
  let directory: string;
  let built: string;

  beforeAll(async () => {
    built = await build('standalone');
  }, 120_000);

  const until = async (what: string, isTrue: () => boolean, withinMs = 60_000) => {
    const end = clock.now() + withinMs;
    while (!isTrue()) {
      if (clock.now() > end) throw new Error(`waited in vain for ${what}:\n${output}`);
      await new Promise<void>((resolve) => clock.after(20, resolve));
    }
  };

  const pass = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

  async function start(environment: Record<string, string>): Promise<string> {
    directory = await mkdtemp(join(tmpdir(), 'standalone-'));
    const probe = join(directory, 'probe.cjs');
    await writeFile(probe, PROBE);
    const port = await freePort();
    output = '';
    const env = { PATH: process.env['PATH'] ?? '', PORT: String(port), ...environment };
    // From elsewhere: a developer's .env is not to count.
    child = spawn(process.execPath, ['--require', probe, join(built, 'main.js')], { cwd: directory, env });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)));
    await until('the start', () => output.includes('Next:'));
    return `http://127.0.0.1:${port}`;
  }

  async function stop(): Promise<void> {
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGTERM');
    await ended;
    child = undefined;
    await rm(directory, { recursive: true });
  }

  afterEach(async () => {
    if (child !== undefined) await stop();
  });

  it('holds a call of three turns with ElevenLabs, given a key, a voice and a URL', async () => {
    const server = await ElevenLabsServer.start({ apiKey: 'sk_1' });
    const url = await start({
      ELEVENLABS_API_KEY: 'sk_1',
      ELEVENLABS_VOICE_ID: 'anna',
      ELEVENLABS_BASE_URL: server.url,
    });
    expect(output).toContain('ElevenLabs anna');
    const call = new SimulatedCall({ clock, transport: networkTransport() });
    call.dial(`${url}/voice/incoming`);
    await call.connected;
    const heard = () => server.heard(call.stream?.playout.heardBytes() ?? new Uint8Array(0));
    const contexts = () => new Set(heard().map(({ generation }) => generation.number)).size;
    for (const turn of [1, 2, 3]) {
      await until('the agent', () => contexts() === turn && (heard().at(-1)?.lastMs ?? 0) > 1_500);
      call.speak(700);
      await until('the end of its speech', () => call.clears.length === turn);
    }
    await until('the last answer', () => contexts() === 4 && (heard().at(-1)?.lastMs ?? 0) > 5_000);
    const spoken = heard().map(({ text }) => text.trim());
    call.hangUp();
    await until('the socket to close', () => server.sockets === 0);
    expect(spoken.slice(0, 4).every((text) => text.length > 10)).toBe(true);
    // The demo agent quotes the last words that were heard of the answer before.
    expect(spoken[3]?.toLowerCase()).toContain(lastWord(spoken[2] ?? ''));
    const sockets = server.journal.of('upgrade').map(({ path }) => path);
    expect(sockets.filter((path) => path.includes('text-to-speech'))).toHaveLength(1);
    expect(server.journal.warnings).toEqual([]);
    await stop();
    expect(Number(/SDK modules: (\d+)/.exec(output)?.[1])).toBeGreaterThan(100);
    await server.close();
  }, 180_000);

  it('holds a call of five turns with two barge-ins, in which the model is told what was heard and nothing else', async () => {
    const server = await ElevenLabsServer.start({ apiKey: 'sk_1' });
    const model = await OpenAiServer.start({ apiKey: 'sk_2' });
    const url = await start({
      ELEVENLABS_API_KEY: 'sk_1',
      ELEVENLABS_VOICE_ID: 'anna',
      ELEVENLABS_BASE_URL: server.url,
      OPENAI_API_KEY: 'sk_2',
      OPENAI_BASE_URL: model.url,
    });
    const asked = [
      'where is it',
      'when does it come',
      'can you say that again',
      'who brings it',
      'thank you',
    ];
    const long =
      'It left our house this morning. After that it went to the depot by the river, and then on to the north.';
    const answers = [long, long, 'Yes of course.', 'A man named Bert.', 'You are welcome.'];
    server.hears(...asked);
    model.says(...answers);
    const call = new SimulatedCall({ clock, transport: networkTransport() });
    call.dial(`${url}/voice/incoming`);
    await call.connected;
    const heard = () => server.heard(call.stream?.playout.heardBytes() ?? new Uint8Array(0));
    const contexts = () => new Set(heard().map(({ generation }) => generation.number)).size;
    await until('the greeting', () => (heard()[0]?.text ?? '').includes('help you'));
    await pass(800);
    for (const [turn] of asked.entries()) {
      call.speak(1_500); // long enough for all words to be understood in the pause
      await until('an answer', () => contexts() === turn + 2 && (heard().at(-1)?.lastMs ?? 0) > 500);
      // The first two answers are interrupted, the others are heard to their end.
      await pass(turn < 2 ? 1_500 : 2_000);
    }
    const spoken = heard().map(({ text }) => text.trim());
    call.hangUp();
    const requests = model.journal.map(({ body }) => (body as { messages: ChatMessage[] }).messages);
    expect(requests.map((messages) => messages.at(-1)?.content)).toEqual(asked);
    expect(call.clears).toHaveLength(2);
    const told = (requests.at(-1) ?? [])
      .filter(({ role }) => role === 'assistant')
      .map(({ content }) => content);
    expect(told).toHaveLength(5); // the greeting and four answers
    for (const [index, content] of told.entries()) {
      const text = content.replace(/ — \[interrupted by the caller\]$/, '');
      expect(index === 1 || index === 2).toBe(text !== content);
      expect(Math.abs(wordsIn(text) - wordsIn(spoken[index] ?? ''))).toBeLessThanOrEqual(1);
    }
    await model.close();
    await server.close();
  }, 180_000);

  it('does not load the SDK without a key', async () => {
    await start({ ELEVENLABS_VOICE_ID: 'anna' });
    expect(output).toContain('offline (flite)');
    await stop();
    expect(output).toContain('SDK modules: 0');
  }, 120_000);
});

interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

const wordsIn = (text: string) => text.match(/\p{L}+/gu)?.length ?? 0;

/** The last word but one: the very last may have been cut. */
const lastWord = (text: string) =>
  text
    .toLowerCase()
    .match(/\p{L}+/gu)
    ?.at(-2) ?? '-';
