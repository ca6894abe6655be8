import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { lastValueFrom, type Observable, of, toArray } from 'rxjs';
import { ElevenLabsServer, ScaledClock } from '../../testing/index.js';
import type { SpeechChunk } from '../voice.js';
import { type ElevenLabsOptions, resolveElevenLabsOptions } from './elevenlabs.options.js';
import { httpSpeech } from './http-speech.js';
import { loadClient, type SpeechClient } from './sdk.js';
import { speechRequest } from './speech-request.js';

const QUICK = { firstAudioMs: [5, 10], speed: 200 } as const;
const LONG = 'This is a sentence that takes a while to say. '.repeat(3);

describe('speech over HTTP', () => {
  const clock = new ScaledClock(1);
  let server: ElevenLabsServer;
  let client: SpeechClient;

  // The SDK takes seconds to load.
  beforeAll(() => loadClient(resolveElevenLabsOptions({ apiKey: 'k', voiceId: 'a' })), 120_000);

  beforeEach(async () => {
    server = await ElevenLabsServer.start({ clock, scenario: QUICK });
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });

  async function speaker(own: Partial<ElevenLabsOptions> = {}) {
    const settings = resolveElevenLabsOptions({ apiKey: 'k', voiceId: 'anna', baseUrl: server.url, ...own });
    client = await loadClient(settings);
    const request = speechRequest(settings);
    return (text: string, phrase = false) =>
      httpSpeech(of(text), phrase ? { phrase } : {}, { client, clock, request, settings });
  }

  const collect = (speech$: Observable<SpeechChunk>) => lastValueFrom(speech$.pipe(toArray()));
  const bytesOf = (chunks: readonly SpeechChunk[]) => Buffer.concat(chunks.map(({ audio }) => audio));
  const requests = () => server.journal.of('request');

  it('asks clause by clause, with every setting', async () => {
    const speak = await speaker({
      language: 'en-GB',
      logging: false,
      textNormalization: 'on',
      settings: { stability: 0.4, useSpeakerBoost: true, speed: 1.1 },
      pronunciation: [{ dictionaryId: 'd1', versionId: 'v1' }],
    });
    const chunks = await collect(speak('Hello there. How are you?'));
    expect(requests().map(({ body }) => (body as { text: string }).text)).toEqual([
      'Hello there. ',
      'How are you? ',
    ]);
    expect(requests()[0]).toMatchObject({
      path: '/v1/text-to-speech/anna/stream/with-timestamps',
      query: { output_format: 'ulaw_8000', enable_logging: 'false' },
      headers: { 'xi-api-key': 'k' },
      body: {
        model_id: 'eleven_flash_v2_5',
        language_code: 'en',
        apply_text_normalization: 'on',
        voice_settings: { stability: 0.4, use_speaker_boost: true, speed: 1.1 },
        pronunciation_dictionary_locators: [{ pronunciation_dictionary_id: 'd1', version_id: 'v1' }],
      },
    });
    expect(server.heard(bytesOf(chunks)).map(({ text }) => text)).toEqual(['Hello there. ', 'How are you? ']);
    expect(chunks.flatMap(({ alignment }) => alignment ?? []).map(({ text }) => text)).toEqual([
      'Hello ',
      'there. ',
      'How ',
      'are ',
      'you?',
    ]);
  });

  it('asks for a phrase at once', async () => {
    const speak = await speaker();
    await collect(speak('Sorry. Could you say it again?', true));
    expect(requests()).toHaveLength(1);
  });

  it('keeps its connection between utterances', async () => {
    const speak = await speaker();
    for (let utterance = 0; utterance < 5; utterance++) {
      await collect(speak('Hello there.'));
      // Several looks at the socket, however late each is.
      for (let looks = 0; looks < 6; looks++) await new Promise<void>((resolve) => clock.after(5, resolve));
    }
    expect(requests()).toHaveLength(5);
    expect(server.connections).toBe(1);
  });

  it('is asked once when it fails: a caller cannot wait for the retries of the SDK', async () => {
    server.fail({ where: 'http', kind: '500', times: Infinity });
    const speak = await speaker();
    const startedAt = performance.now();
    await expect(collect(speak('Hello there.'))).rejects.toMatchObject({ code: 'internal_server_error' });
    expect(requests()).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(900);
  });

  it('has a signal of its own for every request: a cut one leaves the others alone', async () => {
    server.set({ speed: 20 });
    const speak = await speaker();
    const others = [speak(LONG), speak(LONG)].map(collect);
    await new Promise<void>((resolve) => {
      const cut = speak(LONG).subscribe(() => {
        cut.unsubscribe();
        resolve();
      });
    });
    const heard = (await Promise.all(others)).map((chunks) =>
      server
        .heard(bytesOf(chunks))
        .map(({ text }) => text)
        .join(''),
    );
    expect(heard).toEqual([LONG, LONG]);
    const again = await collect(speak('Hello there.'));
    expect(bytesOf(again).length).toBeGreaterThan(0);
  });

  it('breaks its connection when it is cut', async () => {
    server.set({ speed: 1 });
    const speak = await speaker();
    await new Promise<void>((resolve) => {
      const cut = speak(LONG).subscribe(() => {
        cut.unsubscribe();
        resolve();
      });
    });
    const response = () => server.journal.of('response')[0];
    for (let tries = 0; tries < 1_000 && response() === undefined; tries++)
      await new Promise<void>((resolve) => clock.after(10, resolve));
    expect(response()).toMatchObject({ finished: false });
  });

  it.each([
    ['401', 'invalid_api_key', true],
    ['429', 'concurrent_limit_exceeded', false],
    ['503', 'http_503', false],
    ['json', 'bad_answer', false],
    ['stall', 'stalled', false],
    ['hang', 'timeout', false],
    ['early-end', 'incomplete', false],
    ['cut', 'connection', false],
  ] as const)('fails by %s as %s', async (kind, code, lasting) => {
    server.fail({ where: 'http', kind, times: Infinity });
    // Short only where they are to strike: a busy machine must not turn one failure into another.
    const short = { timeout: { httpFirstAudioMs: 300 }, stalled: { stallMs: 200 } }[code as string];
    const speak = await speaker({ limits: { httpFirstAudioMs: 20_000, stallMs: 20_000, ...short } });
    await expect(collect(speak(LONG))).rejects.toMatchObject({ code, lasting });
  });

  it('fails when nobody answers at all', async () => {
    const speak = await speaker({ baseUrl: 'http://127.0.0.1:9' });
    await expect(collect(speak('Hello there.'))).rejects.toMatchObject({ code: 'connection' });
  });
});
