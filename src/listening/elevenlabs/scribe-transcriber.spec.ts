import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Subject, type Subscription } from 'rxjs';
import {
  ElevenLabsServer,
  type ElevenLabsServerOptions,
  ScaledClock,
  speechLikeSound,
} from '../../testing/index.js';
import type { Transcript } from '../transcriber.js';
import type { ScribeOptions } from './scribe.options.js';
import { ScribeTranscriber } from './scribe-transcriber.js';

const FRAME_MS = 20;
const SILENCE = new Uint8Array(FRAME_MS * 8).fill(0xff);

describe('the Scribe transcriber', () => {
  const clock = new ScaledClock(4);
  let server: ElevenLabsServer;
  let transcriber: ScribeTranscriber;
  let audio$: Subject<Uint8Array>;
  let commit$: Subject<void>;
  let transcripts: Transcript[];
  let error: unknown;
  let subscription: Subscription | undefined;

  beforeEach(() => begin());
  afterEach(async () => {
    subscription?.unsubscribe();
    await server.close();
  });

  async function begin(
    options: ElevenLabsServerOptions = {},
    own: Partial<ScribeOptions> = {},
  ): Promise<void> {
    server = await ElevenLabsServer.start({ clock, ...options });
    transcriber = new ScribeTranscriber({ apiKey: 'k', baseUrl: server.url, ...own }, clock);
    audio$ = new Subject();
    commit$ = new Subject();
    transcripts = [];
    error = undefined;
  }

  async function again(...parameters: Parameters<typeof begin>): Promise<void> {
    await server.close();
    await begin(...parameters);
  }

  const open = (language?: string) => {
    subscription = transcriber
      .transcribe(audio$, { commit$, ...(language === undefined ? {} : { language }) })
      .subscribe({
        next: (transcript) => transcripts.push(transcript),
        error: (reason: unknown) => (error = reason),
      });
  };
  const until = async (what: string, isTrue: () => boolean) => {
    const end = clock.now() + 15_000;
    while (!isTrue()) {
      if (clock.now() > end) throw new Error(`waited in vain for ${what}: ${JSON.stringify(transcripts)}`);
      await clock.pass(10);
    }
  };
  /** Speaks in real time, then is silent a little. */
  async function say(ms: number, silentMs = 200): Promise<void> {
    const sound = speechLikeSound(ms);
    for (let at = 0; at < sound.length; at += SILENCE.length) {
      audio$.next(sound.subarray(at, at + SILENCE.length));
      await clock.pass(FRAME_MS);
    }
    for (let left = silentMs; left > 0; left -= FRAME_MS) {
      audio$.next(SILENCE);
      await clock.pass(FRAME_MS);
    }
  }
  const finals = () => transcripts.filter(({ final }) => final).map(({ text }) => text);

  it('tells the words as they come, and answers each commit once', async () => {
    server.hears('where is my order', 'thank you');
    open('de-AT');
    await say(1_200);
    commit$.next();
    await until('the first', () => finals().length === 1);
    await say(700);
    commit$.next();
    await until('the second', () => finals().length === 2);
    expect(finals()).toEqual(['where is my order', 'thank you']);
    expect(transcripts.some(({ final, text }) => !final && text.startsWith('where is'))).toBe(true);
    const [upgrade] = server.journal.of('upgrade');
    expect(upgrade).toMatchObject({
      path: '/v1/speech-to-text/realtime',
      headers: { 'xi-api-key': 'k' },
      query: {
        model_id: 'scribe_v2_realtime',
        audio_format: 'ulaw_8000',
        commit_strategy: 'manual',
        language_code: 'de',
      },
    });
    expect(server.journal.of('upgrade')).toHaveLength(1);
    expect(server.journal.warnings).toEqual([]);
  });

  it('keeps what is said while it connects', async () => {
    await again({ scenario: { handshakeMs: [600, 600], sessionMs: [300, 300] } });
    server.hears('hello there');
    open();
    await say(600, 0);
    commit$.next();
    await until('the words', () => finals().length === 1);
    expect(finals()).toEqual(['hello there']);
  });

  it('says everything since the last commit again when the connection breaks', async () => {
    server.hears('hello there my friend');
    server.fail({ where: 'scribe', kind: 'cut', after: 4 });
    open();
    await say(1_200);
    commit$.next();
    await until('the words', () => finals().length === 1);
    expect(finals()).toEqual(['hello there my friend']);
    expect(server.journal.of('upgrade').length).toBeGreaterThan(1);
  });

  it('is connected again when a commit has no answer', async () => {
    server.hears('hello there');
    server.fail({ where: 'scribe', kind: 'no-final' });
    open();
    await say(700);
    commit$.next();
    await until('the words', () => finals().length === 1);
    expect(finals()).toEqual(['hello there']);
  });

  it.each(['duplicate-commit', 'malformed-json', 'unknown-message', 'shrinking-partial'] as const)(
    'is not misled: %s',
    async (kind) => {
      server.hears('hello there', 'good bye');
      server.fail({ where: 'scribe', kind, times: Infinity });
      open();
      await say(700);
      commit$.next();
      await until('the first', () => finals().length > 0);
      await say(700);
      commit$.next();
      await until('the second', () => finals().length > 1);
      await clock.pass(1_000);
      expect(finals()).toEqual(['hello there', 'good bye']);
      expect(error).toBeUndefined();
    },
  );

  it('answers a commit that came too early with nothing', async () => {
    server.fail({ where: 'scribe', kind: 'commit-throttled' });
    open();
    await say(100, 0);
    commit$.next();
    await until('an answer', () => finals().length === 1);
    expect(finals()).toEqual(['']);
  });

  it.each(['rate-limited', 'transcriber-error', 'session-time-limit', '500'] as const)(
    'connects again after %s',
    async (kind) => {
      server.hears('hello there');
      server.fail({ where: 'scribe', kind });
      open();
      await say(700);
      commit$.next();
      await until('the words', () => finals().length === 1);
      expect(finals()).toEqual(['hello there']);
      expect(error).toBeUndefined();
    },
  );

  it.each(['401', 'quota-exceeded'] as const)(
    'gives up by %s, with the name of the variable',
    async (kind) => {
      server.fail({ where: 'scribe', kind, times: Infinity });
      open();
      await say(300);
      await until('the error', () => error !== undefined);
      expect(String(error)).toMatch(/ELEVENLABS_API_KEY/);
    },
  );

  it('gives up when nothing helps', async () => {
    await again({}, { limits: { attempts: 3, retryMs: 50 } });
    server.fail({ where: 'scribe', kind: '500', times: Infinity });
    open();
    await until('the error', () => error !== undefined);
    expect(server.journal.of('upgrade')).toHaveLength(3);
  });

  it('lets go of its connection when nobody listens any more', async () => {
    open();
    await until('the socket', () => server.sockets === 1);
    subscription?.unsubscribe();
    await until('its end', () => server.sockets === 0);
  });
});
