import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ElevenLabsClient } from 'elevenlabs';
import { ScaledClock } from '../scaled-clock.js';
import { ElevenLabsServer } from './elevenlabs-server.js';
import type { AlignmentMode } from './scenario.js';

const TEXT = 'Olé, naïve café: two words more, and then the end.';
const VOICE = { modelId: 'eleven_flash_v2_5', outputFormat: 'ulaw_8000' } as const;
const once = { maxRetries: 0 };

let Client: typeof ElevenLabsClient;
let server: ElevenLabsServer;
let speech: ElevenLabsClient['textToSpeech'];
// The SDK takes seconds to load.
beforeAll(async () => {
  Client = (await import('elevenlabs')).ElevenLabsClient;
}, 120_000);
beforeEach(async () => {
  const scenario = { firstAudioMs: [5, 10], speed: 50 } as const;
  server = await ElevenLabsServer.start({ scenario, apiKey: 'right', clock });
  speech = new Client({ apiKey: 'right', baseUrl: server.url }).textToSpeech;
});
afterEach(() => server.close());

async function bytesOf(stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const heard = (bytes: Uint8Array) => server.heard(bytes).map(({ text }) => text);
const stream = (options = {}) => speech.stream('voice', { text: TEXT, ...VOICE }, { ...once, ...options });
/** It stands still while the process does: no sleep here is over before what was sent earlier has come. */
const clock = new ScaledClock(1);
const sleep = (ms: number) => clock.pass(ms);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

async function lines() {
  const made = [];
  const answer = await speech.streamWithTimestamps('voice', { text: TEXT, ...VOICE }, once);
  for await (const line of answer) made.push({ ...line, bytes: Buffer.from(line.audioBase64, 'base64') });
  return made;
}

describe('speech by HTTP, with the real SDK', () => {
  it('streams audio of the text, in odd chunks, as audio/basic', async () => {
    const { data, rawResponse } = await stream().withRawResponse();
    expect(heard(await bytesOf(data))).toEqual([TEXT]);
    expect(Object.fromEntries(rawResponse.headers)).toMatchObject({
      'content-type': 'audio/basic',
      'request-id': 'local-request-1',
      'x-trace-id': 'local-trace-1',
      'character-cost': String(TEXT.length),
      'current-concurrent-requests': '1',
      'maximum-concurrent-requests': '10',
    });
    expect(server.journal.of('request')).toMatchObject([
      {
        method: 'POST',
        path: '/v1/text-to-speech/voice/stream',
        query: { output_format: 'ulaw_8000' },
        headers: { 'xi-api-key': 'right' },
        body: { text: TEXT, model_id: 'eleven_flash_v2_5' },
      },
    ]);
    expect(server.generations).toMatchObject([{ number: 1, text: TEXT, voiceId: 'voice' }]);
  });

  it('answers as a whole', async () => {
    expect(heard(await bytesOf(await speech.convert('voice', { text: TEXT, ...VOICE }, once)))).toEqual([
      TEXT,
    ]);
  });

  it('answers as a whole with times', async () => {
    const { audioBase64, alignment } = await speech.convertWithTimestamps(
      'voice',
      { text: TEXT, ...VOICE },
      once,
    );
    expect(heard(Buffer.from(audioBase64, 'base64'))).toEqual([TEXT]);
    expect(alignment?.characters.join('')).toBe(TEXT);
    expect(alignment?.characterStartTimesSeconds[10]).toBeCloseTo(0.6);
  });

  it.each(['every-chunk', 'absolute', 'segment-first'] as AlignmentMode[])(
    'streams lines whose times are seconds of the whole request: %s',
    async (alignment) => {
      server.set({ alignment });
      const all = await lines();
      expect(heard(Buffer.concat(all.map(({ bytes }) => bytes)))).toEqual([TEXT]);
      expect(all.flatMap((line) => line.alignment?.characters ?? []).join('')).toBe(TEXT);
      const starts = all.flatMap((line) => line.alignment?.characterStartTimesSeconds ?? []);
      const ends = all.flatMap((line) => line.alignment?.characterEndTimesSeconds ?? []);
      Array.from(TEXT).forEach((_, index) => {
        expect(starts[index]).toBeCloseTo(index * 0.06);
        expect(ends[index]).toBeCloseTo((index + 1) * 0.06);
      });
    },
  );

  it('has lines without times when told so, and lets a text start again', async () => {
    server.set({ alignment: 'null' });
    expect((await lines()).every(({ alignment }) => alignment === undefined)).toBe(true);
    server.set({ alignment: 'restarting' });
    const [first, second, third] = await lines();
    expect(TEXT.startsWith(first!.alignment!.characters.join(''))).toBe(true);
    expect(second?.alignment?.characters.join('')).toBe(TEXT);
    expect(third?.alignment).toBeUndefined();
  });

  it('sends lines of JSON with blank ones between, and a character in two pieces', async () => {
    const answer = await fetch(
      `${server.url}/v1/text-to-speech/v/stream/with-timestamps?output_format=ulaw_8000`,
      {
        method: 'POST',
        headers: { 'xi-api-key': 'right' },
        body: JSON.stringify({ text: TEXT }),
      },
    );
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body!) chunks.push(chunk);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const strict = (chunk: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(chunk);
    expect(() => chunks.map(strict)).toThrow();
    expect(Buffer.concat(chunks).toString()).toMatch(/^\{.+\}\n\n\{.+\}\n\n$/s);
  });

  it('makes opaque mp3 for a client that forgot the output format', async () => {
    const { data, rawResponse } = await speech.stream('voice', { text: TEXT }, once).withRawResponse();
    expect(rawResponse.headers.get('content-type')).toBe('audio/mpeg');
    expect(heard(await bytesOf(data))).toEqual([]);
  });

  it('gives single-use tokens', async () => {
    const sdk = new Client({ apiKey: 'right', baseUrl: server.url });
    expect(await sdk.tokens.singleUse.create('tts_websocket')).toEqual({ token: expect.any(String) });
  });

  it.each([
    ['a wrong key', { apiKey: 'wrong' }, 401],
    ['a missing text', { additionalBodyParameters: { text: undefined } }, 422],
  ])('refuses %s', async (_, options, statusCode) => {
    await expect(stream(options)).rejects.toMatchObject({ statusCode, body: { detail: expect.anything() } });
  });

  it('refuses another output format', async () => {
    await expect(
      speech.stream('voice', { text: TEXT, outputFormat: 'pcm_16000' }, once),
    ).rejects.toMatchObject({ statusCode: 400 });
  });

  it('shows in its journal when the client leaves', async () => {
    server.set({ speed: 1 });
    const controller = new AbortController();
    const audio = await stream({ abortSignal: controller.signal });
    const reader = audio.getReader();
    await reader.read();
    controller.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => server.journal.of('response').length > 0);
    expect(server.journal.of('response')).toMatchObject([{ request: 1, status: 200, finished: false }]);
    const { audioMs } = server.generations[0]!;
    await sleep(200);
    expect(server.generations[0]!.audioMs).toBe(audioMs);
  });

  it('shows in its journal when all was sent', async () => {
    await bytesOf(await stream());
    await until(() => server.journal.of('response').length > 0);
    expect(server.journal.of('response')).toMatchObject([{ request: 1, status: 200, finished: true }]);
  });
});

describe('an HTTP fault', () => {
  it.each([
    ['401', 'invalid_api_key'],
    ['403', 'only_for_creator+'],
    ['404', 'voice_not_found'],
    ['500', 'internal_server_error'],
  ] as const)('%s has the documented body', async (kind, code) => {
    server.fail({ where: 'http', kind });
    await expect(stream()).rejects.toMatchObject({
      statusCode: Number(kind),
      body: { detail: { code, status: code } },
    });
    expect(heard(await bytesOf(await stream()))).toEqual([TEXT]);
  });

  it('422 lists what is wrong', async () => {
    server.fail({ where: 'http', kind: '422' });
    await expect(stream()).rejects.toMatchObject({
      statusCode: 422,
      body: { detail: [{ loc: ['body', 'text'] }] },
    });
  });

  it.each(['concurrent_limit_exceeded', 'rate_limit_exceeded'])('429 may be %s', async (code) => {
    server.fail({ where: 'http', kind: '429', code });
    await expect(stream()).rejects.toMatchObject({ statusCode: 429, body: { detail: { code } } });
  });

  it.each(['too_many_concurrent_requests', 'system_busy'])('429 may be the older %s', async (status) => {
    server.fail({ where: 'http', kind: '429', code: status });
    const failure = await stream().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ statusCode: 429, body: { detail: { status } } });
    expect(failure).not.toHaveProperty('body.detail.code');
  });

  it('429 may say when to come back', async () => {
    server.fail({ where: 'http', kind: '429', retryAfterS: 3 }, { where: 'http', kind: '429' });
    const answers = [
      await stream().catch((error: unknown) => error),
      await stream().catch((e: unknown) => e),
    ];
    const after = answers.map((error) =>
      (error as { rawResponse: { headers: Headers } }).rawResponse.headers.get('retry-after'),
    );
    expect(after).toEqual(['3', null]);
  });

  it('503 is HTML', async () => {
    server.fail({ where: 'http', kind: '503' });
    await expect(stream()).rejects.toMatchObject({
      statusCode: 503,
      body: expect.stringContaining('<html>'),
    });
  });

  it('json is an error in place of audio, with status 200', async () => {
    server.fail({ where: 'http', kind: 'json', times: 2 });
    const { data, rawResponse } = await stream().withRawResponse();
    expect(rawResponse.headers.get('content-type')).toBe('application/json');
    expect(JSON.parse((await bytesOf(data)).toString())).toMatchObject({
      detail: { code: 'quota_exceeded' },
    });
    expect(await lines().catch(() => [])).toEqual([]);
  });

  it('slow has its headers later', async () => {
    server.fail({ where: 'http', kind: 'slow', delayMs: 100 });
    await bytesOf(await stream());
    await until(() => server.journal.of('response').length > 0);
    const ms = server.journal.of('response')[0]!.atMs - server.journal.of('request')[0]!.atMs;
    expect(ms).toBeGreaterThanOrEqual(100);
  });

  it('hang never has headers', async () => {
    server.fail({ where: 'http', kind: 'hang' });
    await expect(stream({ timeoutInSeconds: 0.1 })).rejects.toThrow('timeout');
    await until(() => server.journal.of('response').length > 0);
    expect(server.journal.of('response')).toMatchObject([{ status: 0, finished: false }]);
  });

  it.each([0, 1, 3])('stall sends %i chunks and nothing more', async (after) => {
    server.fail({ where: 'http', kind: 'stall', after });
    const reader = (await stream()).getReader();
    const first = after > 0 ? (await reader.read()).value : undefined;
    const next = await Promise.race([readAll(reader), sleep(150).then(() => 'nothing')]);
    expect(next).toBe('nothing');
    expect(server.generations[0]!.audioMs).toBeLessThan(TEXT.length * 60);
    expect(first === undefined).toBe(after === 0);
    await reader.cancel();
  });

  it('early-end ends in good order, but too early', async () => {
    server.fail({ where: 'http', kind: 'early-end', after: 2 });
    expect(await bytesOf(await stream())).toHaveLength(1_777);
  });

  it('cut resets the connection', async () => {
    server.fail({ where: 'http', kind: 'cut', after: 2 });
    await expect(bytesOf(await stream())).rejects.toMatchObject({ message: 'terminated' });
  });

  it('breaks whole answers in the middle', async () => {
    server.fail({ where: 'http', kind: 'early-end' });
    const bytes = await bytesOf(await speech.convert('voice', { text: TEXT, ...VOICE }, once));
    expect(bytes).toHaveLength((TEXT.length * 60 * 8) / 2);
  });

  it('is asked for by a voice id', async () => {
    await expect(speech.stream('fault-401', { text: TEXT, ...VOICE }, once)).rejects.toMatchObject({
      statusCode: 401,
    });
  });
});

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  for (;;) if ((await reader.read()).done) return 'end';
}
