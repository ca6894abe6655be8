import { once } from 'node:events';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type * as ElevenLabs from 'elevenlabs';
import { WebSocket } from 'ws';
import { ScaledClock } from '../scaled-clock.js';
import { speechLikeSound } from '../speech-like-sound.js';
import { ElevenLabsServer } from './elevenlabs-server.js';
import { type ElevenLabsFault, FAULT_KINDS } from './faults.js';
import type { ServerScenario } from './scenario.js';

const FAST: Partial<ServerScenario> = {
  handshakeMs: [0, 0],
  sessionMs: [2, 5],
  partialMs: [2, 4],
  partialEveryMs: 5,
  commitMs: [20, 30],
};
const QUERY = { model_id: 'scribe_v2_realtime', audio_format: 'ulaw_8000' };
const KEY = { 'xi-api-key': 'key' };
/** What is left of `KEY` for those who have a token. */
const NO_KEY = {};
const CHUNK_BYTES = 160;

type Frame = Record<string, unknown>;

/** It stands still while the process does: no sleep here is over before what was sent earlier has come. */
const clock = new ScaledClock(1);
const sleep = (ms: number) => clock.pass(ms);
const silence = (ms: number) => Buffer.alloc(ms * 8, 0xff);
const voice = (ms: number) =>
  Buffer.from(Uint8Array.from({ length: ms * 8 }, (_, index) => (index % 16 < 8 ? 0x20 : 0xa0)));
/** A square wave of this amplitude as 16-bit samples. */
const pcm = (ms: number, rate: number, amplitude: number) => {
  const bytes = Buffer.alloc(((ms * rate) / 1_000) * 2);
  for (let at = 0; at < bytes.length; at += 2) bytes.writeInt16LE(at % 32 < 16 ? amplitude : -amplitude, at);
  return bytes;
};

/** A plain client that keeps what it is sent. */
class Client {
  readonly texts: string[] = [];
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  readonly opened: Promise<unknown>;
  readonly closed: Promise<number>;
  readonly refused: Promise<number>;

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers });
    this.opened = once(this.socket, 'open');
    this.opened.catch(() => undefined);
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.refused = new Promise((resolve) => {
      this.socket.on('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      const text = data.toString();
      this.texts.push(text);
      try {
        this.frames.push(JSON.parse(text) as Frame);
      } catch {
        this.frames.push({ message_type: 'malformed' });
      }
    });
  }

  raw(own: Frame): void {
    const message = { message_type: 'input_audio_chunk', commit: false, sample_rate: 8_000, ...own };
    this.socket.send(JSON.stringify(message));
  }

  /** In chunks of 20 ms of mu-law. */
  hear(...audio: Buffer[]): void {
    const all = Buffer.concat(audio);
    for (let from = 0; from < all.length; from += CHUNK_BYTES)
      this.raw({ audio_base_64: all.subarray(from, from + CHUNK_BYTES).toString('base64') });
  }

  commit(): void {
    this.raw({ audio_base_64: '', commit: true });
  }

  of(type: string): Frame[] {
    return this.frames.filter(({ message_type: own }) => own === type);
  }

  textsOf(type: string): unknown[] {
    return this.of(type).map(({ text }) => text);
  }

  get partials(): unknown[] {
    return this.textsOf('partial_transcript');
  }

  get committed(): unknown[] {
    return this.textsOf('committed_transcript');
  }

  async until(type: string, count = 1): Promise<Frame> {
    while (this.of(type).length < count) await sleep(2);
    return this.of(type).at(-1)!;
  }

  async untilPartial(text: string): Promise<void> {
    while (!this.partials.includes(text)) await sleep(2);
  }

  /** Says it all, commits, and waits for the answer. */
  async turn(ms = 1_000): Promise<void> {
    const count = this.committed.length + 1;
    this.hear(voice(ms));
    this.commit();
    await this.until('committed_transcript', count);
  }
}

let server: ElevenLabsServer;
beforeEach(async () => {
  server = await ElevenLabsServer.start({ scenario: FAST, clock });
});
afterEach(() => server.close());

function client(query: Record<string, string> = {}, headers: Record<string, string> = KEY): Client {
  const search = new URLSearchParams({ ...QUERY, ...query }).toString();
  return new Client(`${server.url.replace('http', 'ws')}/v1/speech-to-text/realtime?${search}`, headers);
}

async function started(query?: Record<string, string>, headers?: Record<string, string>): Promise<Client> {
  const made = client(query, headers);
  await made.until('session_started');
  return made;
}

async function tokenFor(type: string): Promise<string> {
  const answer = await fetch(`${server.url}/v1/single-use-token/${type}`, { method: 'POST', headers: KEY });
  return ((await answer.json()) as { token: string }).token;
}

describe('a transcription socket', () => {
  it('tells that its session has started, and what was asked for', async () => {
    const socket = await started({ language_code: 'de', include_timestamps: 'true' });
    expect(socket.frames).toEqual([
      {
        message_type: 'session_started',
        session_id: expect.any(String),
        config: {
          ...QUERY,
          sample_rate: 8_000,
          commit_strategy: 'manual',
          language_code: 'de',
          include_timestamps: true,
          include_language_detection: false,
          enable_logging: true,
          vad_silence_threshold_secs: 1.5,
          vad_threshold: 0.4,
          min_speech_duration_ms: 100,
          min_silence_duration_ms: 100,
        },
      },
    ]);
  });

  it('takes as long to start as the scenario says', async () => {
    server.set({ sessionMs: [60, 60] });
    await started();
    const [open] = server.journal.of('socket-open');
    expect(server.journal.sent()[0]!.atMs - open!.atMs).toBeGreaterThanOrEqual(58);
  });

  it('keeps audio that came before the session has started', async () => {
    server.set({ sessionMs: [40, 40] });
    server.hears('too early');
    const socket = client();
    await socket.opened;
    await socket.turn();
    expect(socket.frames[0]).toMatchObject({ message_type: 'session_started' });
    expect(socket.committed).toEqual(['too early']);
  });

  it('wants a key', async () => {
    expect(await client({}, NO_KEY).refused).toBe(401);
  });

  it('wants the one key, if there is one', async () => {
    const own = await ElevenLabsServer.start({ apiKey: 'right' });
    const url = `${own.url.replace('http', 'ws')}/v1/speech-to-text/realtime?model_id=scribe_v2_realtime`;
    expect(await new Client(url, { 'xi-api-key': 'wrong' }).refused).toBe(401);
    await new Client(url, { 'xi-api-key': 'right' }).opened;
    await own.close();
  });

  it('takes a single-use token once', async () => {
    const token = await tokenFor('realtime_scribe');
    await started({ token }, NO_KEY);
    expect(await client({ token }, NO_KEY).refused).toBe(401);
  });

  it('takes no token for something else, not even with a key', async () => {
    expect(await client({ token: await tokenFor('tts_websocket') }).refused).toBe(401);
  });

  it('has tokens that speech does not take', async () => {
    const single_use_token = await tokenFor('realtime_scribe');
    const url = `${server.url.replace('http', 'ws')}/v1/text-to-speech/v/stream-input?${new URLSearchParams({ single_use_token }).toString()}`;
    expect(await new Client(url, NO_KEY).refused).toBe(401);
  });

  it.each([
    { model_id: 'scribe_v1' },
    { audio_format: 'mp3_44100' },
    { audio_format: 'pcm_11025' },
    { commit_strategy: 'never' },
    { include_timestamps: 'yes' },
    { vad_silence_threshold_secs: '0.2' },
    { vad_threshold: '1' },
    { min_speech_duration_ms: '10' },
    { min_silence_duration_ms: 'long' },
  ])('refuses %j, and closes', async (query) => {
    const socket = client(query);
    expect(await socket.closed).toBe(1008);
    expect(socket.frames).toEqual([
      { message_type: 'invalid_request', error: expect.stringContaining(Object.keys(query)[0]!) },
    ]);
  });

  it('refuses to have no model', async () => {
    const url = `${server.url.replace('http', 'ws')}/v1/speech-to-text/realtime`;
    expect(await new Client(url, KEY).closed).toBe(1008);
  });

  it('knows the turbo model', async () => {
    await started({ model_id: 'scribe_v2_realtime_turbo' });
  });

  it('closes in good order when no chunk comes for too long', async () => {
    server.set({ scribeIdleMs: 400 });
    const socket = await started();
    for (let count = 0; count < 6; count++) {
      await sleep(100);
      socket.hear(silence(20));
    }
    expect(socket.socket.readyState).toBe(WebSocket.OPEN);
    expect(await socket.closed).toBe(1000);
  });

  it('is counted among the sockets, and has no contexts', async () => {
    await started();
    expect([server.sockets, server.contexts]).toEqual([1, 0]);
  });
});

describe('a message', () => {
  it('in a binary frame is an input error', async () => {
    const socket = await started();
    socket.socket.send(voice(20));
    expect(await socket.until('input_error')).toMatchObject({
      error: expect.stringContaining('text frames'),
    });
    expect(server.journal.warnings).toMatchObject([{ code: 'malformed-message' }]);
    await socket.turn();
  });

  it.each([
    ['of another type', { message_type: 'commit' }],
    ['without audio', {}],
    ['with audio that is no base64', { audio_base_64: '*' }],
    ['with a commit that is no boolean', { audio_base_64: '', commit: 'yes' }],
    ['with another rate than that of the format', { audio_base_64: '', sample_rate: 16_000 }],
  ])('%s is an input error', async (_name, message) => {
    const socket = await started();
    socket.raw(message);
    await socket.until('input_error');
  });

  it('may have previous text only if it is the first', async () => {
    const socket = await started();
    socket.raw({ audio_base_64: '', previous_text: 'Good morning.' });
    socket.hear(silence(20));
    await sleep(20);
    expect(socket.of('input_error')).toEqual([]);
    socket.raw({ audio_base_64: '', previous_text: 'Good morning.' });
    await socket.until('input_error');
  });

  it('is kept in the journal with the length of its audio, in bytes', async () => {
    const socket = await started();
    socket.hear(voice(20));
    socket.raw({ audio_base_64: voice(300).toString('base64'), commit: true });
    socket.socket.send(voice(20));
    await socket.until('committed_transcript');
    const common = { message_type: 'input_audio_chunk', sample_rate: 8_000 };
    expect(server.journal.received()).toEqual([
      { ...common, audio_base_64: 160, commit: false },
      { ...common, audio_base_64: 2_400, commit: true },
    ]);
    expect(server.journal.of('message-in').map(({ text }) => text.length < 120)).toEqual([true, true, true]);
    expect(server.journal.of('upgrade')).toMatchObject([{ path: '/v1/speech-to-text/realtime' }]);
    expect(server.journal.sent().at(-1)).toMatchObject({ kind: 'committed_transcript', text: 'something' });
  });
});

describe('partial transcripts', () => {
  it('tell one word more for each stretch of voiced audio', async () => {
    server.hears('I would like a table');
    const socket = await started();
    socket.hear(voice(80));
    await sleep(20);
    expect(socket.partials).toEqual([]);
    for (const text of ['I', 'I would', 'I would like']) {
      socket.hear(voice(socket.partials.length === 0 ? 20 : 300));
      await socket.untilPartial(text);
    }
    expect(socket.partials).toEqual(['I', 'I would', 'I would like']);
  });

  it('come only when the text is another one', async () => {
    server.hears('yes');
    const socket = await started();
    for (let count = 0; count < 5; count++) {
      socket.hear(voice(200));
      await sleep(10);
    }
    expect(socket.partials).toEqual(['yes']);
  });

  it('come late, and not too often', async () => {
    server.set({ partialMs: [50, 60], partialEveryMs: 80 });
    server.hears('one two three four five six');
    const socket = await started();
    for (let count = 0; count < 6; count++) {
      socket.hear(voice(300));
      await sleep(20);
    }
    await socket.untilPartial('one two three four five six');
    const [first] = server.journal.of('message-in');
    const times = server.journal
      .sent()
      .filter(({ kind }) => kind === 'partial_transcript')
      .map(({ atMs }) => atMs);
    expect(times[0]! - first!.atMs).toBeGreaterThanOrEqual(48);
    expect(times.length).toBeLessThan(6);
    for (const [index, atMs] of times.slice(1).entries()) expect(atMs - times[index]!).toBeGreaterThan(78);
  });

  it.each([
    ['digital silence', silence(1_000)],
    ['the other digital silence', Buffer.alloc(8_000, 0x7f)],
    ['noise below -50 dBFS', Buffer.alloc(8_000, 0xf8)],
  ])('are not made of %s', async (_name, audio) => {
    const socket = await started();
    socket.hear(audio);
    socket.commit();
    await socket.until('committed_transcript');
    expect(socket.partials).toEqual([]);
    expect(socket.committed).toEqual(['']);
  });

  it('are made of what sounds like speech', async () => {
    server.hears('hello');
    const socket = await started();
    socket.hear(Buffer.from(speechLikeSound(1_000)));
    await socket.untilPartial('hello');
  });

  it.each([8_000, 16_000, 22_050, 24_000, 44_100, 48_000])('are made of PCM at %d Hz too', async (rate) => {
    server.hears('hello over there');
    const socket = await started({ audio_format: `pcm_${rate}` });
    const hear = (audio: Buffer) => {
      for (let from = 0; from < audio.length; from += 333)
        socket.raw({
          audio_base_64: audio.subarray(from, from + 333).toString('base64'),
          sample_rate: rate,
        });
    };
    hear(pcm(500, rate, 60));
    hear(pcm(400, rate, 2_000));
    await socket.untilPartial('hello over');
    expect(socket.partials).not.toContain('hello over there');
  });

  it('say what the script has them say', async () => {
    server.hears({ text: 'Four, please.', partials: ['for', 'for peas'], msPerWord: 100 });
    const socket = await started();
    socket.hear(voice(100));
    await socket.untilPartial('for');
    socket.hear(voice(400));
    await socket.untilPartial('for peas');
    socket.commit();
    await socket.until('committed_transcript');
    expect(socket.partials).toEqual(['for', 'for peas']);
    expect(socket.committed).toEqual(['Four, please.']);
  });

  it('of the next utterance come after the committed transcript of the one before', async () => {
    server.set({ commitMs: [60, 60] });
    server.hears('one', 'two');
    const socket = await started();
    socket.hear(voice(400));
    await socket.untilPartial('one');
    socket.commit();
    socket.hear(voice(400));
    await socket.untilPartial('two');
    expect(socket.frames.slice(1)).toMatchObject([
      { message_type: 'partial_transcript', text: 'one' },
      { message_type: 'committed_transcript', text: 'one' },
      { message_type: 'partial_transcript', text: 'two' },
    ]);
  });
});

describe('a commit', () => {
  it('is answered by the whole text, as soon as one word of it was heard', async () => {
    server.hears('Hello there,  how are you?');
    const socket = await started();
    socket.hear(voice(120), silence(200));
    socket.commit();
    await socket.until('committed_transcript');
    expect(socket.committed).toEqual(['Hello there,  how are you?']);
  });

  it('takes the next of the script, and after the last something', async () => {
    server.hears('one', { text: 'two' });
    server.hears('three');
    const socket = await started();
    for (let count = 0; count < 4; count++) await socket.turn(400);
    expect(socket.committed).toEqual(['one', 'two', 'three', 'something']);
    expect(server.unheard).toBe(0);
  });

  it('may come with the last chunk', async () => {
    server.hears('all at once');
    const socket = await started();
    socket.raw({ audio_base_64: voice(320).toString('base64'), commit: true });
    expect(await socket.until('committed_transcript')).toMatchObject({ text: 'all at once' });
  });

  it('takes nothing from the script when nothing was said', async () => {
    server.hears('later');
    const socket = await started();
    socket.hear(silence(400), voice(60));
    socket.commit();
    await socket.until('committed_transcript');
    await socket.turn();
    expect(socket.committed).toEqual(['', 'later']);
  });

  it('tells that a noise was no words', async () => {
    server.hears('', 'words');
    const socket = await started();
    await socket.turn();
    await socket.turn();
    expect(socket.committed).toEqual(['', 'words']);
  });

  it('is answered as late as the scenario says', async () => {
    server.set({ commitMs: [60, 70] });
    const socket = await started();
    await socket.turn();
    const asked = server.journal.of('message-in').at(-1)!.atMs;
    expect(server.journal.sent().at(-1)!.atMs - asked).toBeGreaterThanOrEqual(58);
  });

  it('is refused with less than 300 ms of audio, which is kept', async () => {
    server.hears('not yet');
    const socket = await started();
    socket.hear(voice(280));
    socket.commit();
    expect(await socket.until('commit_throttled')).toEqual({
      message_type: 'commit_throttled',
      error: expect.any(String),
    });
    socket.hear(silence(20));
    socket.commit();
    await socket.until('committed_transcript');
    expect(socket.committed).toEqual(['not yet']);
    socket.commit();
    await socket.until('commit_throttled', 2);
  });

  it('is answered with timestamps too, when they were asked for', async () => {
    server.hears({ text: 'good day', logprob: -0.5 });
    const socket = await started({ include_timestamps: 'true' });
    socket.hear(silence(500), voice(600), silence(400));
    socket.commit();
    expect(await socket.until('committed_transcript_with_timestamps')).toEqual({
      message_type: 'committed_transcript_with_timestamps',
      text: 'good day',
      language_code: null,
      words: [
        { text: 'good', start: 0.5, end: 0.8, type: 'word', logprob: -0.5 },
        { text: ' ', start: 0.8, end: 0.8, type: 'spacing', logprob: 0 },
        { text: 'day', start: 0.8, end: 1.1, type: 'word', logprob: -0.5 },
      ],
    });
    expect(socket.committed).toEqual(['good day']);
  });

  it('counts times from the first audio of the session', async () => {
    const socket = await started({ include_timestamps: 'true' });
    await socket.turn(1_000);
    await socket.turn(400);
    expect(await socket.until('committed_transcript_with_timestamps', 2)).toMatchObject({
      words: [{ start: 1, end: 1.4 }],
    });
  });

  it('tells the language when its detection was asked for', async () => {
    server.hears({ text: 'guten Tag', languageCode: 'de' }, 'hello');
    const socket = await started({ include_language_detection: 'true' });
    await socket.turn();
    await socket.turn();
    await socket.until('committed_transcript_with_timestamps', 2);
    expect(socket.of('committed_transcript_with_timestamps')).toMatchObject([
      { language_code: 'de', words: null },
      { language_code: 'en', words: null },
    ]);
  });

  it('is made by the server itself after silence, when asked to', async () => {
    server.hears('over', 'and out');
    const socket = await started({ commit_strategy: 'vad', vad_silence_threshold_secs: '0.5' });
    socket.hear(silence(2_000), voice(400), silence(480));
    await sleep(50);
    expect(socket.committed).toEqual([]);
    socket.hear(silence(20));
    await socket.until('committed_transcript');
    socket.hear(silence(2_000), voice(400), silence(1_000));
    await socket.until('committed_transcript', 2);
    expect(socket.committed).toEqual(['over', 'and out']);
  });

  it('is answered to whom it belongs when two callers speak', async () => {
    server.hears('first', 'second');
    const [one, two] = [await started(), await started()];
    one.hear(voice(200));
    await one.untilPartial('first');
    await two.turn();
    await one.turn();
    expect([one.committed, two.committed]).toEqual([['first'], ['second']]);
  });

  it('that the server broke off is said again on the next socket', async () => {
    server.hears('once more', 'then this');
    const cut = await started();
    cut.hear(voice(400));
    await cut.untilPartial('once more');
    server.cutSockets();
    expect(await cut.closed).toBe(1006);
    const socket = await started();
    await socket.turn();
    await socket.turn();
    expect(socket.committed).toEqual(['once more', 'then this']);
  });
});

describe('a fault', () => {
  type ScribeFault = Extract<ElevenLabsFault, { where: 'scribe' }>;
  const fail = (...faults: Omit<ScribeFault, 'where'>[]) => {
    server.fail(...faults.map((fault) => ({ where: 'scribe', ...fault }) as const));
  };

  it.each(FAULT_KINDS.scribe.filter((kind) => /^\d+$/.test(kind)))('%s refuses the upgrade', async (kind) => {
    fail({ kind });
    expect(await client().refused).toBe(Number(kind));
    await started();
  });

  it('hang never answers the upgrade', async () => {
    fail({ kind: 'hang' });
    const socket = client();
    expect(await Promise.race([socket.opened, sleep(50).then(() => 'nothing')])).toBe('nothing');
    socket.socket.terminate();
  });

  it('of speech does not strike transcription, nor the other way round', async () => {
    server.fail({ where: 'upgrade', kind: '401' });
    fail({ kind: '403' });
    expect(await client().refused).toBe(403);
    await started();
    const url = `${server.url.replace('http', 'ws')}/v1/text-to-speech/v/stream-input`;
    expect(await new Client(url, KEY).refused).toBe(401);
  });

  it('session-delay delays the start', async () => {
    fail({ kind: 'session-delay', delayMs: 80 });
    const socket = client();
    await socket.opened;
    await sleep(40);
    expect(socket.frames).toEqual([]);
    await socket.until('session_started');
  });

  it('idle-1000 closes in good order while audio comes', async () => {
    fail({ kind: 'idle-1000', after: 40 });
    const socket = await started();
    socket.hear(voice(400));
    expect(await socket.closed).toBe(1000);
  });

  it.each([
    ['rate-limited', 'rate_limited'],
    ['quota-exceeded', 'quota_exceeded'],
    ['transcriber-error', 'transcriber_error'],
    ['unknown-message', 'weather_report'],
    ['malformed-json', 'malformed'],
  ] as const)('%s sends %s after so many chunks, and goes on', async (kind, type) => {
    fail({ kind, after: 20 });
    server.hears('all the same');
    const socket = await started();
    socket.hear(voice(380));
    await sleep(20);
    expect(socket.of(type)).toEqual([]);
    socket.hear(voice(20));
    await socket.until(type);
    await socket.turn();
    expect(socket.of(type)).toHaveLength(1);
    expect(socket.committed).toEqual(['all the same']);
  });

  it('session-time-limit tells so and closes', async () => {
    fail({ kind: 'session-time-limit' });
    const socket = await started();
    socket.hear(voice(20));
    expect(await socket.closed).toBe(1008);
    expect(socket.frames.at(-1)).toMatchObject({ message_type: 'session_time_limit_exceeded' });
  });

  it.each([0, 3])('cut breaks the connection after %d chunks', async (after) => {
    fail({ kind: 'cut', after });
    const socket = await started();
    socket.hear(voice(20 * Math.max(after, 1)));
    expect(await socket.closed).toBe(1006);
  });

  it('strikes a socket that is open already', async () => {
    const socket = await started();
    await socket.turn();
    fail({ kind: 'cut', after: 2 });
    socket.hear(voice(40));
    expect(await socket.closed).toBe(1006);
    expect(server.struck).toBe(1);
  });

  it('shrinking-partial takes the last word back', async () => {
    fail({ kind: 'shrinking-partial' });
    server.hears('one two three');
    const socket = await started();
    socket.hear(voice(100));
    await socket.untilPartial('one');
    socket.hear(voice(300));
    await socket.untilPartial('one two');
    socket.hear(voice(300));
    await socket.untilPartial('one two three');
    expect(socket.partials).toEqual(['one', 'one two', 'one', 'one two three']);
  });

  it('commit-throttled refuses a commit, and keeps its audio', async () => {
    fail({ kind: 'commit-throttled' });
    server.hears('again');
    const socket = await started();
    socket.hear(voice(400));
    socket.commit();
    await socket.until('commit_throttled');
    socket.commit();
    await socket.until('committed_transcript');
    expect(socket.committed).toEqual(['again']);
  });

  it('duplicate-commit answers twice', async () => {
    fail({ kind: 'duplicate-commit' });
    server.hears('one', 'two');
    const socket = await started();
    socket.hear(voice(400));
    socket.commit();
    await socket.until('committed_transcript', 2);
    await socket.turn();
    expect(socket.committed).toEqual(['one', 'one', 'two']);
  });

  it('unasked-timestamps answers with timestamps', async () => {
    fail({ kind: 'unasked-timestamps' });
    server.hears('ten past ten');
    const socket = await started();
    await socket.turn();
    const timed = await socket.until('committed_transcript_with_timestamps');
    expect(timed['words']).toHaveLength(5);
    expect(socket.committed).toEqual(['ten past ten']);
  });

  it('triplicated-text says it three times', async () => {
    fail({ kind: 'triplicated-text' });
    server.hears('no');
    const socket = await started();
    socket.hear(silence(400));
    socket.commit();
    await socket.until('committed_transcript');
    await socket.turn();
    expect(socket.committed).toEqual(['', 'no no no']);
  });

  it('no-final never answers a commit, but the next', async () => {
    fail({ kind: 'no-final' });
    server.hears('lost', 'found');
    const socket = await started();
    socket.hear(voice(400));
    socket.commit();
    await sleep(60);
    expect(socket.committed).toEqual([]);
    await socket.turn();
    expect(socket.committed).toEqual(['found']);
  });

  it('is asked for by an API key', async () => {
    const socket = await started({}, { 'xi-api-key': 'fault-cut-2' });
    socket.hear(voice(40));
    expect(await socket.closed).toBe(1006);
  });
});

describe('the real SDK', () => {
  let sdk: typeof ElevenLabs;
  let api: ElevenLabs.ElevenLabsClient;
  // The SDK takes seconds to load.
  beforeAll(async () => {
    sdk = await import('elevenlabs');
  }, 120_000);
  beforeEach(() => {
    api = new sdk.ElevenLabsClient({ apiKey: 'key', baseUrl: server.url });
  });

  async function connect(
    token?: string,
  ): Promise<{ connection: ElevenLabs.RealtimeConnection; errors: unknown[] }> {
    const connection = await api.speechToText.realtime.connect({
      modelId: 'scribe_v2_realtime',
      audioFormat: sdk.AudioFormat.ULAW_8000,
      sampleRate: 8_000,
      commitStrategy: sdk.CommitStrategy.MANUAL,
      includeTimestamps: true,
      ...(token === undefined ? {} : { token }),
    });
    const errors: unknown[] = [];
    connection.on(sdk.RealtimeEvents.ERROR, (error) => errors.push(error));
    return { connection, errors };
  }

  const event = (
    connection: ElevenLabs.RealtimeConnection,
    name: Parameters<ElevenLabs.RealtimeConnection['on']>[0],
  ) =>
    new Promise<unknown>((resolve) => {
      connection.on(name, resolve);
    });

  it('has an utterance transcribed', async () => {
    server.hears('I need a plumber');
    const { connection, errors } = await connect();
    const { SESSION_STARTED, PARTIAL_TRANSCRIPT, COMMITTED_TRANSCRIPT, CLOSE } = sdk.RealtimeEvents;
    const partial = event(connection, PARTIAL_TRANSCRIPT);
    const committed = event(connection, COMMITTED_TRANSCRIPT);
    const timed = event(connection, sdk.RealtimeEvents.COMMITTED_TRANSCRIPT_WITH_TIMESTAMPS);
    const closed = event(connection, CLOSE);
    await event(connection, SESSION_STARTED);
    connection.send({ audioBase64: voice(400).toString('base64'), previousText: 'How can I help?' });
    expect(await partial).toEqual({ message_type: 'partial_transcript', text: 'I need' });
    connection.commit();
    expect(await committed).toEqual({ message_type: 'committed_transcript', text: 'I need a plumber' });
    expect(await timed).toMatchObject({ words: { length: 7 } });
    connection.close();
    await closed;
    expect(errors).toEqual([]);
  });

  it('comes in with a token of its own', async () => {
    const { token } = await api.tokens.singleUse.create('realtime_scribe');
    const { connection, errors } = await connect(token);
    await event(connection, sdk.RealtimeEvents.SESSION_STARTED);
    connection.close();
    expect(errors).toEqual([]);
    expect(server.journal.of('upgrade')[0]!.headers).not.toHaveProperty('xi-api-key');
  });

  it('is told what went wrong', async () => {
    const { connection, errors } = await connect();
    await event(connection, sdk.RealtimeEvents.SESSION_STARTED);
    const throttled = event(connection, sdk.RealtimeEvents.COMMIT_THROTTLED);
    connection.commit();
    expect(await throttled).toMatchObject({ message_type: 'commit_throttled' });
    expect(errors).toHaveLength(1);
    connection.close();
  });

  it('is refused', async () => {
    server.fail({ where: 'scribe', kind: '401' });
    const { connection, errors } = await connect();
    await event(connection, sdk.RealtimeEvents.CLOSE);
    expect(errors).toMatchObject([{ message: 'Unexpected server response: 401' }]);
  });
});
