import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { concat, delay, lastValueFrom, NEVER, Observable, of, Subject, throwError, toArray } from 'rxjs';
import { type ElevenLabsServerOptions, ElevenLabsServer, ScaledClock } from '../../testing/index.js';
import { SpokenText } from '../../playout/heard-text.js';
import type { SpeechChunk, UtteranceVoiceOptions } from '../voice.js';
import { CallSockets } from './call-sockets.js';
import { resolveElevenLabsOptions } from './elevenlabs.options.js';
import { liveSpeech } from './live-speech.js';
import { socketUrl, speechRequest } from './speech-request.js';

const QUICK = { handshakeMs: [0, 5], firstAudioMs: [5, 10], speed: 200 } as const;
const LONG = 'This is a sentence that takes a while to say. '.repeat(6);

describe('live speech', () => {
  const clock = new ScaledClock(2);
  let server: ElevenLabsServer;
  let sockets: CallSockets;
  let malformed = 0;

  const start = async (options: ElevenLabsServerOptions = {}) => {
    await server.close();
    server = await ElevenLabsServer.start({ clock, ...options, scenario: { ...QUICK, ...options.scenario } });
  };

  beforeEach(async () => {
    malformed = 0;
    server = await ElevenLabsServer.start({ clock, scenario: QUICK });
    sockets = makeSockets();
  });

  afterEach(async () => {
    sockets.close();
    await server.close();
  });

  const makeSockets = (keepAliveMs = 10_000) =>
    new CallSockets({
      apiKey: 'k',
      clock,
      handshakeMs: 3_000,
      closeMs: 500,
      keepAliveMs,
      malformed: () => malformed++,
    });

  function speak(
    text$: Observable<string> | string,
    choice: 'pick' | 'fresh' = 'pick',
    utterance: UtteranceVoiceOptions = {},
  ) {
    const options = resolveElevenLabsOptions({ apiKey: 'k', voiceId: 'anna', baseUrl: server.url });
    const request = speechRequest(options);
    const url = socketUrl(options, request);
    return liveSpeech(typeof text$ === 'string' ? of(text$) : text$, utterance, {
      clock,
      request,
      firstAudioMs: 1_000,
      stallMs: 500,
      finalMs: 500,
      socket: () => sockets[choice](url),
    });
  }

  const collect = (speech$: Observable<SpeechChunk>) => lastValueFrom(speech$.pipe(toArray()));
  const bytesOf = (chunks: readonly SpeechChunk[]) => Buffer.concat(chunks.map(({ audio }) => audio));
  const until = async (isTrue: () => boolean) => {
    for (let tries = 0; tries < 500 && !isTrue(); tries++) await clock.pass(10);
    expect(isTrue()).toBe(true);
  };
  const received = () => server.journal.received();

  it('sends each clause with a flush, and asks for the end when the text has ended', async () => {
    const chunks = await collect(speak('Hello there. How are you today? Fine'));
    expect(received()).toEqual([
      { text: ' ', context_id: 'u1' },
      { text: 'Hello there. ', context_id: 'u1', flush: true },
      { text: 'How are you today? ', context_id: 'u1', flush: true },
      { text: 'Fine ', context_id: 'u1', flush: true },
      { context_id: 'u1', close_context: true },
    ]);
    expect(server.journal.warnings).toEqual([]);
    expect(server.heard(bytesOf(chunks))[0]?.text).toBe('Hello there. How are you today? Fine ');
  });

  it('sends a clause with the token that completes it', async () => {
    const text$ = new Subject<string>();
    const subscription = speak(text$).subscribe();
    await until(() => received().length === 1);
    for (const token of ['Hel', 'lo ', 'the', 're', '.']) text$.next(token);
    await clock.pass(50);
    expect(received()).toHaveLength(1);
    text$.next(' H');
    await until(() => received().length === 2);
    expect(received()[1]).toMatchObject({ text: 'Hello there. ' });
    subscription.unsubscribe();
  });

  it('does not hold a sentence back when the text pauses behind it, but half a one, and an abbreviation', async () => {
    const text$ = new Subject<string>();
    const subscription = speak(text$).subscribe();
    text$.next('One moment. ');
    await until(() => received().length === 2);
    expect(received()[1]).toMatchObject({ text: 'One moment. ' });
    text$.next('I asked Dr. ');
    await clock.pass(600);
    expect(received()).toHaveLength(2);
    subscription.unsubscribe();
  });

  it('opens its context before the first token', async () => {
    const subscription = speak(NEVER).subscribe();
    await until(() => received().length === 1);
    subscription.unsubscribe();
  });

  it('never passes on what a cut context still sends', async () => {
    await start({ scenario: { speed: 10 } });
    server.fail({ where: 'socket', kind: 'late-frames', messages: 30, after: 0 });
    const first: SpeechChunk[] = [];
    const cut = speak(LONG).subscribe((chunk) => first.push(chunk));
    await until(() => first.length > 2);
    const told = first.length;
    cut.unsubscribe();
    const second = await collect(speak(LONG));
    expect(first).toHaveLength(told);
    const late = server.journal.sent('u1').filter(({ kind }) => kind === 'audio');
    expect(late.length).toBeGreaterThan(told);
    expect(server.heard(bytesOf(second)).map(({ generation }) => generation.contextId)).toEqual(['u2']);
  });

  it('closes a cut context at once, and sends nothing more for it', async () => {
    const cut = speak(concat(of('Hello there. And'), NEVER)).subscribe();
    await until(() => received().length === 2);
    cut.unsubscribe();
    await until(() => received().length === 3);
    expect(received()[2]).toEqual({ context_id: 'u1', close_context: true });
  });

  it('tells the server nothing of a context that was cut before the socket opened', async () => {
    await start({ scenario: { handshakeMs: [100, 100] } });
    const cut = speak('Hello there.').subscribe();
    cut.unsubscribe();
    await collect(speak('Good day.'));
    expect(received().map(({ context_id: id }) => id)).not.toContain('u1');
  });

  it('has four contexts on a socket at most: the next opens another, and the full one goes', async () => {
    await start({ scenario: { speed: 1 } });
    const held: SpeechChunk[][] = [];
    for (let index = 0; index < 6; index++) {
      const chunks: SpeechChunk[] = [];
      held.push(chunks);
      const speech = speak(LONG).subscribe((chunk) => chunks.push(chunk));
      await until(() => chunks.length > 0);
      speech.unsubscribe();
    }
    expect(server.journal.of('upgrade')).toHaveLength(2);
    expect(server.journal.sent().filter(({ kind }) => kind === 'error')).toEqual([]);
    await until(() => server.sockets === 1);
  });

  it('waits for its first audio as long as it may, also when the text is there at once', async () => {
    await start({ scenario: { firstAudioMs: [750, 750] } }); // more than a stall, less than the limit
    const chunks = await collect(speak('Hello there.'));
    expect(server.heard(bytesOf(chunks))[0]?.text).toBe('Hello there. ');
  });

  it('fails when the server sends no audio in time, and leaves that socket', async () => {
    server.fail({ where: 'socket', kind: 'stall', after: 0 });
    await expect(collect(speak('Hello there.'))).rejects.toMatchObject({ code: 'timeout' });
    await until(() => server.sockets === 0);
  });

  it.each([
    ['stall', 'stalled'],
    ['early-end', 'incomplete'],
    ['cut', 'closed_1006'],
    ['close-1000', 'closed_1000'],
    ['error-1008', expect.any(String)],
  ] as const)('fails in the middle by %s as %s, having told what had come', async (kind, code) => {
    server.fail({ where: 'socket', kind, after: 3 });
    const chunks: SpeechChunk[] = [];
    const spoken$ = new Observable<SpeechChunk>((subscriber) =>
      speak(LONG).subscribe({
        next: (chunk) => {
          chunks.push(chunk);
          subscriber.next(chunk);
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      }),
    );
    await expect(lastValueFrom(spoken$)).rejects.toMatchObject({ code });
    expect(bytesOf(chunks).length).toBeGreaterThanOrEqual(3 * 250 * 8);
  });

  it('ends without the final message when all audio has come', async () => {
    server.fail({ where: 'socket', kind: 'missing-final' });
    const chunks = await collect(speak('Hello there. How are you?'));
    expect(server.heard(bytesOf(chunks))[0]?.text).toBe('Hello there. How are you? ');
  });

  it('speaks what came before the text failed, then fails with it', async () => {
    const broken = new Error('the model broke');
    const heard: SpeechChunk[] = [];
    const error = await new Promise((resolve) => {
      speak(concat(of('Hello there. Wh'), throwError(() => broken).pipe(delay(0)))).subscribe({
        next: (chunk) => heard.push(chunk),
        error: resolve,
      });
    });
    expect(error).toBe(broken);
    expect(server.heard(bytesOf(heard))[0]?.text).toContain('Hello there.');
  });

  it('says nothing for a text without words, and tells it', async () => {
    const chunks = await collect(speak('🙂 …'));
    expect(bytesOf(chunks)).toHaveLength(0);
    expect(
      chunks
        .flatMap(({ alignment }) => alignment ?? [])
        .map(({ text }) => text)
        .join(''),
    ).toBe('🙂 …');
  });

  it('tells the text as it was written, not as it was spoken', async () => {
    const source = 'It costs **$5**, at 10:30 👍, see [our site](https://example.com).';
    const chunks = await collect(speak(source));
    const text = new SpokenText();
    let ms = 0;
    for (const chunk of chunks) {
      text.append(chunk, ms);
      ms += chunk.audio.length / 8;
    }
    expect(text.at(ms, ms, true).heard).toBe(source);
    const spoken = server.generations[0]?.text ?? '';
    expect(spoken).toMatch(/five dollars/);
    expect(spoken).not.toMatch(/[*👍[\]]|https/u);
  });

  it.each([
    {
      contextKey: 'context_id',
      finalKey: 'is_final',
      durationsKey: 'charsDurationsMs',
      startsKey: 'charsStartTimesMs',
    },
    {
      contextKey: 'contextId',
      finalKey: 'isFinal',
      durationsKey: 'char_durations_ms',
      startsKey: 'char_start_times_ms',
    },
  ] as const)('reads every spelling: $contextKey, $finalKey, $durationsKey', async (scenario) => {
    await start({ scenario });
    const chunks = await collect(speak('Hello there. How are you?'));
    expect(
      chunks
        .flatMap(({ alignment }) => alignment ?? [])
        .map(({ text }) => text)
        .join(''),
    ).toBe('Hello there. How are you?');
  });

  it('counts a message that it cannot read, and goes on', async () => {
    server.fail({ where: 'socket', kind: 'malformed-json', times: 2 });
    const chunks = await collect(speak('Hello there. How are you?'));
    expect(malformed).toBe(1);
    expect(server.heard(bytesOf(chunks))[0]?.text).toBe('Hello there. How are you? ');
  });

  it('keeps socket and context alive while the text pauses', async () => {
    await start({ scenario: { inactivityMs: 400 } });
    sockets = makeSockets(100);
    const text$ = new Subject<string>();
    const chunks: SpeechChunk[] = [];
    let ended: unknown;
    speak(text$).subscribe({
      next: (chunk) => chunks.push(chunk),
      error: (error: unknown) => (ended = error),
      complete: () => (ended = 'complete'),
    });
    text$.next('Hello there. ');
    await clock.pass(1_500);
    text$.next('Good bye.');
    text$.complete();
    await until(() => ended !== undefined);
    expect(ended).toBe('complete');
    expect(server.heard(bytesOf(chunks))[0]?.text).toBe('Hello there. Good bye. ');
    expect(server.journal.warnings).toEqual([]);
  });

  it('sends no more than is wanted', async () => {
    let wanted: () => void = () => undefined;
    const demand = () => new Promise<void>((resolve) => (wanted = resolve));
    const speech = speak(LONG, 'pick', { demand }).subscribe();
    await until(() => received().length === 1);
    await clock.pass(100);
    expect(received()).toHaveLength(1);
    wanted();
    await until(() => received().length === 2);
    speech.unsubscribe();
  });

  it('opens nothing any more when the call is over', async () => {
    sockets.close();
    await expect(collect(speak('Hello there.'))).rejects.toMatchObject({ code: 'closed' });
    expect(server.sockets).toBe(0);
  });

  it('fails when nobody can say whether more is wanted', async () => {
    const broken = new Error('no playout');
    const demand = () => Promise.reject(broken);
    await expect(collect(speak('Hello there. And so on.', 'pick', { demand }))).rejects.toBe(broken);
  });

  it('says goodbye to the server when the call ends', async () => {
    await collect(speak('Hello there.'));
    sockets.close();
    await until(() => server.sockets === 0);
    expect(received().at(-1)).toEqual({ close_socket: true });
    expect(server.journal.of('socket-closed')[0]).toMatchObject({ code: 1000 });
  });
});
