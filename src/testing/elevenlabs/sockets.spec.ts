import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { ScaledClock } from '../scaled-clock.js';
import { ElevenLabsServer } from './elevenlabs-server.js';
import type { ElevenLabsFault } from './faults.js';
import type { AlignmentMode, SpeechScenario } from './scenario.js';

const FAST: Partial<SpeechScenario> = { handshakeMs: [0, 0], firstAudioMs: [5, 10], speed: 50 };
const SETTINGS = { stability: 0.5 };
const TEXT = 'Hello there, how are you? ';
const QUERY = { model_id: 'eleven_flash_v2_5', output_format: 'ulaw_8000', auto_mode: 'true' };

type Frame = Record<string, unknown>;
interface Times {
  readonly chars: string[];
  readonly charStartTimesMs: number[];
  readonly charDurationsMs: number[];
}

/** A plain client that keeps what it is sent. */
class Client {
  readonly texts: string[] = [];
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  readonly opened: Promise<unknown>;
  readonly closed: Promise<number>;
  readonly refused: Promise<{ status: number; headers: Record<string, unknown>; body: string }>;

  constructor(url: string, headers: Record<string, string> = { 'xi-api-key': 'key' }) {
    this.socket = new WebSocket(url, { headers });
    this.opened = once(this.socket, 'open');
    this.opened.catch(() => undefined);
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.refused = new Promise((resolve) => {
      this.socket.on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
    });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      const text = data.toString();
      this.texts.push(text);
      try {
        this.frames.push(JSON.parse(text) as Frame);
      } catch {
        this.frames.push({ malformed: true });
      }
    });
  }

  send(...messages: Frame[]): void {
    for (const message of messages) this.socket.send(JSON.stringify(message));
  }

  /** Opens a context, has it say `text`, and closes it. */
  say(id: string, text: string): void {
    this.send(open(id), { text, context_id: id, flush: true }, { context_id: id, close_context: true });
  }

  async until(condition: (frames: Frame[]) => boolean): Promise<void> {
    while (!condition(this.frames)) await sleep(2);
  }

  untilFinal(id: string): Promise<void> {
    return this.until((frames) =>
      frames.some((frame) => frame['isFinal'] === true && frame['contextId'] === id),
    );
  }

  audio(id?: string): Frame[] {
    return this.frames.filter(
      (frame) => typeof frame['audio'] === 'string' && (id === undefined || frame['contextId'] === id),
    );
  }

  bytes(id?: string): Buffer {
    return Buffer.concat(this.audio(id).map(bytesOf));
  }

  finals(id: string): number {
    return this.frames.filter((frame) => frame['isFinal'] === true && frame['contextId'] === id).length;
  }
}

const bytesOf = (frame: Frame) => Buffer.from(frame['audio'] as string, 'base64');
const open = (id: string) => ({ text: ' ', context_id: id, voice_settings: SETTINGS });
/** It stands still while the process does: no sleep here is over before what was sent earlier has come. */
const clock = new ScaledClock(1);
const sleep = (ms: number) => clock.pass(ms);

let server: ElevenLabsServer;
beforeEach(async () => {
  server = await ElevenLabsServer.start({ scenario: FAST, clock });
});
afterEach(() => server.close());

function client(
  { path = 'multi-stream-input', voice = 'v', ...query }: Record<string, string> = {},
  headers?: Record<string, string>,
): Client {
  const search = new URLSearchParams({ ...QUERY, ...query }).toString();
  const base = server.url.replace('http', 'ws');
  return new Client(`${base}/v1/text-to-speech/${voice}/${path}?${search}`, headers);
}

async function opened(query?: Record<string, string>): Promise<Client> {
  const made = client(query);
  await made.opened;
  return made;
}

const heard = (bytes: Uint8Array) => server.heard(bytes).map(({ text }) => text);
const warnings = () => server.journal.warnings.map(({ code }) => code);

describe('multi-stream-input', () => {
  it('speaks the text it was sent, at the length of its characters', async () => {
    const socket = await opened();
    socket.say('a', TEXT);
    await socket.untilFinal('a');
    expect(heard(socket.bytes('a'))).toEqual([TEXT]);
    expect(socket.bytes('a')).toHaveLength(TEXT.length * 60 * 8);
    expect(server.generations).toMatchObject([
      { number: 1, text: TEXT, voiceId: 'v', contextId: 'a', audioMs: TEXT.length * 60 },
    ]);
    expect(warnings()).toEqual([]);
  });

  it('tells flush_done and then one final message, after all audio', async () => {
    const socket = await opened();
    socket.say('a', TEXT);
    await socket.untilFinal('a');
    expect(socket.frames.slice(-2)).toEqual([
      { type: 'flush_done', context_id: 'a' },
      { isFinal: true, contextId: 'a' },
    ]);
    expect(socket.finals('a')).toBe(1);
  });

  it('leaves out flush_done when told so', async () => {
    server.set({ flushDone: false });
    const socket = await opened();
    socket.say('a', TEXT);
    await socket.untilFinal('a');
    expect(socket.frames.filter(({ type }) => type === 'flush_done')).toEqual([]);
  });

  it('sends no final message after a flush', async () => {
    const socket = await opened();
    socket.send(open('a'), { text: TEXT, context_id: 'a', flush: true });
    await socket.until((frames) => frames.some(({ type }) => type === 'flush_done'));
    await sleep(30);
    expect(socket.finals('a')).toBe(0);
    expect(server.contexts).toBe(1);
  });

  it('keeps text until 120 characters are there, without auto_mode', async () => {
    const socket = await opened({ auto_mode: 'false' });
    socket.send(open('a'), { text: TEXT, context_id: 'a' });
    await sleep(40);
    expect(socket.audio('a')).toEqual([]);
    socket.send(...[1, 2, 3, 4].map(() => ({ text: TEXT, context_id: 'a' })));
    await socket.until(() => socket.audio('a').length > 0);
    expect(server.generations[0]?.text).toBe(TEXT.repeat(5));
  });

  it('has its own schedule when the first message gives one', async () => {
    const socket = await opened({ auto_mode: 'false' });
    socket.send(
      { ...open('a'), generation_config: { chunk_length_schedule: [50] } },
      { text: TEXT, context_id: 'a' },
      { text: TEXT, context_id: 'a' },
    );
    await socket.until(() => socket.audio('a').length > 0);
    expect(server.generations[0]?.text).toBe(TEXT + TEXT);
  });

  it('speaks at the end of a clause in auto_mode, and the rest when flushed', async () => {
    const socket = await opened();
    socket.send(open('a'), { text: 'One, two ', context_id: 'a' });
    await socket.until(() => socket.audio('a').length > 0);
    expect(server.generations[0]?.text).toBe('One, ');
    socket.send({ context_id: 'a', flush: true }, { context_id: 'a', close_context: true });
    await socket.untilFinal('a');
    expect(heard(socket.bytes('a'))).toEqual(['One, two ']);
  });

  it('drops text that was not flushed when its context closes, and says so', async () => {
    const socket = await opened();
    socket.send(
      open('a'),
      { text: 'never said ', context_id: 'a' },
      { context_id: 'a', close_context: true },
    );
    await socket.untilFinal('a');
    expect(socket.audio('a')).toEqual([]);
    expect(warnings()).toEqual(['unflushed-text-dropped']);
  });

  it('goes on with flushed audio after close_context: late frames are normal', async () => {
    const socket = await opened();
    socket.send(open('a'), { text: TEXT, context_id: 'a', flush: true });
    await socket.until(() => socket.audio('a').length > 0);
    socket.send({ context_id: 'a', close_context: true });
    await socket.untilFinal('a');
    expect(heard(socket.bytes('a'))).toEqual([TEXT]);
  });

  it('stops draining after drainMs', async () => {
    server.set({ drainMs: 30, speed: 5 });
    const socket = await opened();
    socket.say('a', TEXT.repeat(5));
    await socket.untilFinal('a');
    const [first = ''] = heard(socket.bytes('a'));
    expect(TEXT.repeat(5).startsWith(first)).toBe(true);
    expect(first.length).toBeLessThan(TEXT.length * 2);
    expect(server.contexts).toBe(0);
  });

  it('lets an id be used again after its final message', async () => {
    const socket = await opened();
    socket.say('a', 'First. ');
    await socket.untilFinal('a');
    socket.say('a', 'Second. ');
    await socket.until(() => socket.finals('a') === 2);
    expect(heard(socket.bytes('a'))).toEqual(['First. ', 'Second. ']);
  });

  it('generates contexts side by side, and the clauses of one in order', async () => {
    const socket = await opened();
    socket.send(open('a'), open('b'));
    for (const id of ['a', 'b', 'a', 'b']) socket.send({ text: TEXT, context_id: id, flush: true });
    for (const id of ['a', 'b']) socket.send({ context_id: id, close_context: true });
    await Promise.all([socket.untilFinal('a'), socket.untilFinal('b')]);
    expect(heard(socket.bytes('a'))).toEqual([TEXT + TEXT]);
    expect(heard(socket.bytes('b'))).toEqual([TEXT + TEXT]);
    const order = socket.audio().map(({ contextId }) => contextId);
    expect(order.indexOf('b')).toBeLessThan(order.lastIndexOf('a'));
  });

  it('dies with the sixth context, and every other context with it', async () => {
    const socket = await opened();
    for (const id of ['a', 'b', 'c', 'd', 'e']) socket.send(open(id));
    socket.send({ text: TEXT, context_id: 'a', flush: true }, open('f'));
    expect(await socket.closed).toBe(1008);
    expect(socket.frames.at(-1)).toMatchObject({ error: 'max_active_conversations', code: 1008 });
    expect(server.contexts).toBe(0);
    await socket.until(() => server.sockets === 0);
    expect(server.journal.of('socket-closed')).toMatchObject([{ code: 1008, by: 'server' }]);
  });

  it('counts a context that drains until its final message', async () => {
    server.set({ maxContexts: 1, firstAudioMs: [50, 50] });
    const socket = await opened();
    socket.say('a', TEXT);
    socket.send(open('b'));
    expect(await socket.closed).toBe(1008);
  });

  it('refuses voice settings after the first message of a context', async () => {
    const socket = await opened();
    socket.send(open('a'), { text: TEXT, context_id: 'a', voice_settings: SETTINGS });
    expect(await socket.closed).toBe(1008);
    expect(socket.frames.at(-1)).toMatchObject({
      message: expect.stringContaining('voice_settings field must be provided in the first message'),
      code: 1008,
    });
  });

  it('opens a context for any message with an unknown id, and warns', async () => {
    const socket = await opened();
    socket.send({ context_id: 'a', flush: true }, { text: '', context_id: 'b' });
    await socket.until((frames) => frames.some(({ type }) => type === 'flush_done'));
    await sleep(20);
    expect(server.contexts).toBe(2);
    expect(warnings()).toEqual(['unknown-context-flushed', 'unknown-context-kept-alive']);
  });

  it('warns of text without a space at its end, without an id, and after the close', async () => {
    server.set({ firstAudioMs: [50, 50] });
    const socket = await opened();
    socket.send({ text: 'Hello.', voice_settings: SETTINGS, flush: true });
    socket.send({ context_id: 'default', close_context: true }, { text: 'More. ', context_id: 'default' });
    socket.send({ context_id: 'x', close_context: true });
    await socket.untilFinal('default');
    expect(warnings()).toEqual([
      'context-id-missing',
      'text-without-space',
      'message-after-close',
      'unknown-context-closed',
    ]);
  });

  it('takes a bare keep-alive for the socket: no context, no time-out', async () => {
    const socket = await opened({ inactivity_timeout: '0.1' });
    for (let beat = 0; beat < 4; beat++) {
      await sleep(50);
      socket.send({ text: '' });
    }
    expect(server.sockets).toBe(1);
    expect(server.contexts).toBe(0);
    expect(await socket.closed).toBe(1008);
    expect(socket.frames).toMatchObject([{ error: 'input_timeout_exceeded', code: 1008 }]);
  });

  it('gives up on a context without input, though the socket has some', async () => {
    server.set({ inactivityMs: 100 });
    const socket = await opened();
    socket.send(open('a'));
    const stop = clock.every(30, () => {
      socket.send({ text: '' });
    });
    expect(await socket.closed).toBe(1008);
    stop();
    expect(socket.frames).toMatchObject([{ error: 'input_timeout_exceeded' }]);
  });

  it('says everything after close_socket, and closes with 1000', async () => {
    const socket = await opened();
    socket.send(open('a'), { text: 'not flushed ', context_id: 'a' }, { close_socket: true });
    expect(await socket.closed).toBe(1000);
    expect(heard(socket.bytes('a'))).toEqual(['not flushed ']);
    expect(socket.finals('a')).toBe(1);
  });

  it('sends noise to a client that forgot the output format', async () => {
    const socket = await opened({ output_format: 'mp3_44100_128' });
    socket.say('a', TEXT);
    await socket.untilFinal('a');
    expect(socket.bytes('a').length).toBeGreaterThan(0);
    expect(heard(socket.bytes('a'))).toEqual([]);
  });

  it('closes on what is no JSON object', async () => {
    const socket = await opened();
    socket.socket.send('nonsense');
    expect(await socket.closed).toBe(1008);
    expect(warnings()).toEqual(['malformed-message']);
  });

  it('makes audio faster than real time, the first of it in the given time', async () => {
    server.set({ firstAudioMs: [60, 60], speed: 10, messageMs: 300 });
    const socket = await opened();
    socket.say('a', TEXT);
    await socket.untilFinal('a');
    const [flushed] = server.journal.of('message-in').filter(({ text }) => text.includes('flush'));
    const sent = server.journal.sent('a').filter(({ kind }) => kind === 'audio');
    const afterMs = sent.map(({ atMs }) => atMs - (flushed?.atMs ?? 0));
    expect(sent.map(({ audioMs }) => audioMs)).toEqual([300, 300, 300, 300, 300, 60]);
    afterMs.forEach((ms, index) => {
      expect(ms).toBeGreaterThanOrEqual(60 + index * 30 - 0.01);
    });
  });

  it('cycles through the sizes of messages', async () => {
    server.set({ messageMs: [20, 500] });
    const socket = await opened();
    socket.say('a', TEXT);
    await socket.untilFinal('a');
    expect(server.journal.sent('a').map(({ audioMs }) => audioMs)).toEqual([20, 500, 20, 500, 20, 500, 0, 0]);
  });

  it('spells its keys as it is told', async () => {
    server.set({
      contextKey: 'context_id',
      finalKey: 'is_final',
      startsKey: 'char_start_times_ms',
      durationsKey: 'char_durations_ms',
    });
    const socket = await opened();
    socket.say('a', TEXT);
    await socket.until((frames) => frames.some((frame) => frame['is_final'] === true));
    expect(socket.frames[0]).toMatchObject({
      context_id: 'a',
      is_final: null,
      alignment: { chars: expect.anything(), char_start_times_ms: expect.anything() },
    });
    expect(socket.frames.at(-1)).toEqual({ is_final: true, context_id: 'a' });
  });
});

describe('alignment', () => {
  const CLAUSES = ['Well, 😀 naïve. ', 'Then on! '];
  const whole = Array.from(CLAUSES.join(''));
  const expected = whole.map((text, index) => ({ text, startMs: index * 60, endMs: (index + 1) * 60 }));

  async function spoken(alignment: AlignmentMode, messageMs: number | number[]) {
    server.set({ alignment, messageMs });
    const socket = await opened();
    socket.send(open('a'));
    for (const text of CLAUSES) socket.send({ text, context_id: 'a', flush: true });
    socket.send({ context_id: 'a', close_context: true });
    await socket.untilFinal('a');
    let atMs = 0;
    return socket.audio('a').map((frame) => {
      const fromMs = atMs;
      atMs += bytesOf(frame).length / 8;
      return {
        fromMs,
        times: frame['alignment'] as Times | null,
        normalized: frame['normalizedAlignment'] as Times | null,
      };
    });
  }

  const charsOf = (times: Times | null, originMs: number) =>
    (times?.chars ?? []).map((text, index) => {
      const startMs = originMs + times!.charStartTimesMs[index]!;
      return { text, startMs, endMs: startMs + times!.charDurationsMs[index]! };
    });
  const clauseStartMs = (fromMs: number) => (fromMs < Array.from(CLAUSES[0]!).length * 60 ? 0 : 15 * 60);

  it.each([250, 20, [30, 500, 47]])(
    'tells the characters that begin in a message, from its start (%j ms)',
    async (ms) => {
      const messages = await spoken('every-chunk', ms);
      expect(messages.flatMap(({ times, fromMs }) => charsOf(times, fromMs))).toEqual(expected);
    },
  );

  it.each([250, 20, 2_000])('tells absolute times (%j ms)', async (ms) => {
    const messages = await spoken('absolute', ms);
    expect(messages.flatMap(({ times }) => charsOf(times, 0))).toEqual(expected);
  });

  it.each([250, 20])('tells a whole segment on its first message (%j ms)', async (ms) => {
    const messages = await spoken('segment-first', ms);
    expect(messages.filter(({ times }) => times !== null)).toHaveLength(2);
    expect(messages.flatMap(({ times, fromMs }) => charsOf(times, fromMs))).toEqual(expected);
  });

  it('tells nothing', async () => {
    const messages = await spoken('null', 250);
    expect(messages.every(({ times, normalized }) => times === null && normalized === null)).toBe(true);
  });

  it.each([250, 2_000])('starts the text of a segment again with its second message (%j ms)', async (ms) => {
    const messages = await spoken('restarting', ms);
    const told = messages.filter(({ times }) => times !== null);
    expect(told).toHaveLength(4);
    const origin = (index: number) => clauseStartMs(told[index]!.fromMs);
    expect([1, 3].flatMap((index) => charsOf(told[index]!.times, origin(index)))).toEqual(expected);
    expect(told.flatMap(({ normalized }, index) => charsOf(normalized, origin(index)))).toEqual(expected);
  });
});

describe('stream-input', () => {
  it('says everything, tells the end and closes with 1000 after an empty text', async () => {
    const socket = await opened({ path: 'stream-input', auto_mode: 'false' });
    socket.send({ text: ' ', voice_settings: SETTINGS }, { text: TEXT }, { text: ' ' }, { text: '' });
    expect(await socket.closed).toBe(1000);
    expect(heard(socket.bytes())).toEqual([TEXT]);
    expect(socket.frames.at(-1)).toEqual({ audio: null, isFinal: true });
    expect(socket.frames[0]).not.toHaveProperty('contextId');
    expect(warnings()).toEqual([]);
  });

  it('speaks before the end when flushed, or when asked to try with enough text', async () => {
    const socket = await opened({ path: 'stream-input', auto_mode: 'false' });
    socket.send({ text: ' ', voice_settings: SETTINGS }, { text: TEXT, try_trigger_generation: true });
    await sleep(30);
    expect(socket.audio()).toEqual([]);
    socket.send({ text: TEXT, try_trigger_generation: true });
    await socket.until(() => server.heard(socket.bytes()).some(({ text }) => text === TEXT + TEXT));
    socket.send({ text: 'Bye. ', flush: true });
    await socket.until(() => heard(socket.bytes()).join('') === `${TEXT}${TEXT}Bye. `);
    expect(server.contexts).toBe(1);
  });

  it('gives up without input', async () => {
    server.set({ inactivityMs: 50 });
    const socket = await opened({ path: 'stream-input' });
    expect(await socket.closed).toBe(1008);
    expect(socket.frames).toMatchObject([{ error: 'input_timeout_exceeded', code: 1008 }]);
  });

  it('warns of a first message without a space', async () => {
    const socket = await opened({ path: 'stream-input' });
    socket.send({ text: TEXT }, { text: '' });
    await socket.closed;
    expect(warnings()).toEqual(['first-message-not-a-space']);
  });
});

describe('an upgrade', () => {
  it('without a key is answered 401 with the documented body', async () => {
    const { status, body } = await client({}, {}).refused;
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({
      detail: { code: 'invalid_api_key', status: 'invalid_api_key' },
    });
    expect(server.journal.of('upgrade-refused')).toMatchObject([{ socket: 1, status: 401 }]);
  });

  it('takes a single-use token once', async () => {
    const answer = await fetch(`${server.url}/v1/single-use-token/tts_websocket`, {
      method: 'POST',
      headers: { 'xi-api-key': 'key' },
    });
    const { token } = (await answer.json()) as { token: string };
    await client({ single_use_token: token }, {}).opened;
    expect((await client({ single_use_token: token }, {}).refused).status).toBe(401);
  });

  it.each([
    ['a model that has no socket', { model_id: 'eleven_v3' }, 400],
    ['a longer inactivity than 180 s', { inactivity_timeout: '181' }, 422],
    ['another output format', { output_format: 'pcm_16000' }, 400],
    ['an unknown path', { path: 'nowhere' }, 404],
  ])('is refused for %s', async (_, query: Record<string, string>, status) => {
    expect((await client(query).refused).status).toBe(status);
  });

  it('takes its time', async () => {
    server.set({ handshakeMs: [80, 80] });
    await opened();
    const [upgrade] = server.journal.of('upgrade');
    const [open] = server.journal.of('socket-open');
    expect(open!.atMs - upgrade!.atMs).toBeGreaterThanOrEqual(79);
    expect(upgrade).toMatchObject({
      path: '/v1/text-to-speech/v/multi-stream-input',
      query: QUERY,
      headers: { 'xi-api-key': 'key' },
    });
  });

  it.each(['401', '403', '404', '422', '429', '500', '503'] as const)('fails with %s once', async (kind) => {
    server.fail({ where: 'upgrade', kind, retryAfterS: 7 });
    const { status, headers } = await client().refused;
    expect(status).toBe(Number(kind));
    expect(headers['retry-after']).toBe('7');
    await opened();
  });

  it('hangs', async () => {
    server.fail({ where: 'upgrade', kind: 'hang' });
    const socket = client();
    await sleep(60);
    expect(socket.socket.readyState).toBe(WebSocket.CONNECTING);
    expect(server.sockets).toBe(0);
  });

  it('is slow', async () => {
    server.fail({ where: 'upgrade', kind: 'slow', delayMs: 80 });
    await opened();
    const [open] = server.journal.of('socket-open');
    expect(open!.atMs - server.journal.of('upgrade')[0]!.atMs).toBeGreaterThanOrEqual(79);
  });
});

describe('a socket fault', () => {
  const LONG = TEXT.repeat(2); // 13 messages of 250 ms

  async function failing(fault: Omit<Extract<ElevenLabsFault, { where: 'socket' }>, 'where'>) {
    server.fail({ where: 'socket', ...fault });
    const socket = await opened();
    socket.say('a', LONG);
    return socket;
  }

  it.each([
    ['error-1008', 1008, 'policy_violation'],
    ['error-1011', 1011, 'internal_server_error'],
  ] as const)('%s is an error frame and a close after some audio', async (kind, code, error) => {
    const socket = await failing({ kind, after: 2 });
    expect(await socket.closed).toBe(code);
    expect(socket.audio('a')).toHaveLength(2);
    expect(socket.frames.at(-1)).toMatchObject({ error, code });
  });

  it.each([
    ['cut', 1006],
    ['close-1000', 1000],
  ] as const)('%s ends the connection in mid-turn with %i', async (kind, code) => {
    const socket = await failing({ kind, after: 3 });
    expect(await socket.closed).toBe(code);
    expect(socket.audio('a')).toHaveLength(3);
    expect(socket.finals('a')).toBe(0);
  });

  it('close-idle closes with 1000 when there is nothing to do', async () => {
    server.fail({ where: 'socket', kind: 'close-idle', after: 50 });
    const socket = await opened();
    socket.say('a', TEXT);
    expect(await socket.closed).toBe(1000);
    expect(socket.finals('a')).toBe(1);
  });

  it.each([0, 2])('stall leaves it at %i messages of audio', async (after) => {
    const socket = await failing({ kind: 'stall', after });
    await sleep(120);
    expect(socket.frames).toHaveLength(after);
    expect(server.contexts).toBe(1);
    expect(server.sockets).toBe(1);
  });

  it('early-end tells the end before all audio was sent', async () => {
    const socket = await failing({ kind: 'early-end', after: 2 });
    await socket.untilFinal('a');
    await sleep(30);
    expect(socket.audio('a')).toHaveLength(2);
    expect(server.contexts).toBe(0);
  });

  it('late-frames sends audio of a context after its end', async () => {
    const socket = await failing({ kind: 'late-frames', messages: 2 });
    await socket.untilFinal('a');
    const before = socket.audio('a').length;
    await socket.until(() => socket.audio('a').length === before + 2);
    expect(server.heard(socket.bytes('a')).map(({ generation }) => generation.number)).toEqual([1]);
  });

  it('duplicate-final ends a context twice', async () => {
    const socket = await failing({ kind: 'duplicate-final' });
    await socket.until(() => socket.finals('a') === 2);
  });

  it('missing-final keeps the place of a context for ever', async () => {
    const socket = await failing({ kind: 'missing-final' });
    await socket.until((frames) => frames.some(({ type }) => type === 'flush_done'));
    await sleep(20);
    expect(socket.finals('a')).toBe(0);
    expect(server.contexts).toBe(1);
    expect(heard(socket.bytes('a'))).toEqual([LONG]);
  });

  it.each([
    ['no-context', undefined],
    ['unknown-context', 'context-that-never-was'],
  ] as const)('%s sends audio that belongs to nobody', async (kind, contextId) => {
    const socket = await failing({ kind });
    await socket.untilFinal('a');
    const strays = socket.audio().filter((frame) => frame['contextId'] !== 'a');
    expect(strays.map((frame) => frame['contextId'])).toEqual([contextId]);
    expect(server.heard(bytesOf(strays[0]!))).toMatchObject([{ generation: { number: 2 }, text: '' }]);
    expect(heard(socket.bytes('a'))).toEqual([LONG]);
  });

  it('malformed-json sends a frame that cannot be read', async () => {
    const socket = await failing({ kind: 'malformed-json' });
    await socket.untilFinal('a');
    expect(socket.frames.filter((frame) => frame['malformed'] === true)).toHaveLength(1);
    expect(heard(socket.bytes('a'))).toEqual([LONG]);
  });

  it('huge-message sends more than 1 MiB at once', async () => {
    const socket = await failing({ kind: 'huge-message' });
    await socket.untilFinal('a');
    expect(Math.max(...socket.texts.map((text) => text.length))).toBeGreaterThan(2 ** 20);
    expect(heard(socket.bytes('a'))).toEqual([LONG]);
  });

  it('empty-audio sends a message with no audio in it', async () => {
    const socket = await failing({ kind: 'empty-audio' });
    await socket.untilFinal('a');
    expect(socket.audio('a').filter(({ audio }) => audio === '')).toHaveLength(1);
  });

  it('odd-audio cuts the audio anywhere', async () => {
    const socket = await failing({ kind: 'odd-audio' });
    await socket.untilFinal('a');
    expect(bytesOf(socket.audio('a')[0]!).length % 8).not.toBe(0);
    expect(heard(socket.bytes('a'))).toEqual([LONG]);
  });

  it('strikes as often as it says, the first that waits first', async () => {
    server.fail(
      { where: 'socket', kind: 'stall', after: 0, times: 2 },
      { where: 'socket', kind: 'duplicate-final' },
    );
    const socket = await opened();
    for (const id of ['a', 'b', 'c']) socket.say(id, TEXT);
    await socket.until(() => socket.finals('c') === 2);
    expect(socket.audio('a').length + socket.audio('b').length).toBe(0);
  });

  it('is dropped by healthy()', async () => {
    server.fail({ where: 'socket', kind: 'cut', times: Infinity });
    server.healthy();
    const socket = await opened();
    socket.say('a', TEXT);
    await socket.untilFinal('a');
  });

  it('is asked for by a voice id', async () => {
    const socket = await opened({ voice: 'fault-cut-2' });
    socket.say('a', LONG);
    expect(await socket.closed).toBe(1006);
    expect(socket.audio('a')).toHaveLength(2);
  });
});

describe('the server', () => {
  it('cuts all sockets at once', async () => {
    const sockets = [await opened(), await opened()];
    server.cutSockets();
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([1006, 1006]);
    expect(server.journal.of('socket-closed')).toMatchObject([{ by: 'server' }, { by: 'server' }]);
  });

  it('sees when the client closes', async () => {
    const socket = await opened();
    socket.socket.close(1000);
    await socket.closed;
    while (server.sockets > 0) await sleep(2);
    expect(server.journal.of('socket-closed')).toMatchObject([{ code: 1000, by: 'client' }]);
  });

  it('closes while sockets and requests are open', async () => {
    const socket = await opened();
    socket.say('a', TEXT);
    await server.close();
    expect(await socket.closed).toBe(1006);
  });
});
