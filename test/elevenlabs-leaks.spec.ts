import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, of, type Observable, take, toArray } from 'rxjs';
import {
  type CancelTimer,
  type Clock,
  type SpeechChunk,
  type VoiceSession,
  SystemClock,
} from '../src/index.js';
import { ElevenLabsServer, seededRandom } from '../src/testing/index.js';
import { ElevenLabsVoice } from '../src/tts/elevenlabs/index.js';

/** Knows which timers are pending. */
class CountingClock extends SystemClock implements Clock {
  pending = 0;

  override after(delayMs: number, task: () => void): CancelTimer {
    this.pending++;
    let open = true;
    const end = () => {
      if (open) this.pending--;
      open = false;
    };
    const cancel = super.after(delayMs, () => {
      end();
      task();
    });
    return () => {
      cancel();
      end();
    };
  }

  override every(periodMs: number, task: () => void): CancelTimer {
    this.pending++;
    const cancel = super.every(periodMs, task);
    let open = true;
    return () => {
      cancel();
      if (open) this.pending--;
      open = false;
    };
  }
}

const QUICK = { handshakeMs: [0, 0], firstAudioMs: [0, 1], speed: 10_000, messageMs: 2_000 } as const;
const TEXT = 'A short answer, and then another sentence. ';

describe('utterances of the ElevenLabs voice', () => {
  let server: ElevenLabsServer;
  let clock: CountingClock;
  let voice: ElevenLabsVoice;
  let session: VoiceSession;
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);

  beforeEach(async () => {
    server = await ElevenLabsServer.start({ scenario: QUICK });
    clock = new CountingClock();
    voice = await ElevenLabsVoice.create({ apiKey: 'k', voiceId: 'anna', baseUrl: server.url }, clock);
    session = voice.open();
    session.warm?.({});
    process.on('warning', warned);
  });

  afterEach(async () => {
    process.off('warning', warned);
    await voice.beforeApplicationShutdown();
    await server.close();
  });

  const speak = (way: number): Observable<SpeechChunk> => {
    const chosen = session.ways({})[way];
    if (chosen === undefined) throw new Error('no such way');
    return chosen.synthesize(of(TEXT));
  };
  const settled = async (isTrue: () => boolean) => {
    for (let tries = 0; tries < 2_000 && !isTrue(); tries++)
      await new Promise((resolve) =>
        clock.after(10, () => {
          resolve(undefined);
        }),
      );
  };
  const resources = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length;

  it('leave no socket, listener, context or timer behind: 1,000 in a row, 200 cut', async () => {
    await lastValueFrom(speak(0).pipe(toArray()));
    const [timers, sockets] = [clock.pending, resources('TCPSocketWrap')];
    for (let utterance = 0; utterance < 1_000; utterance++) {
      const chunks = await lastValueFrom(speak(0).pipe(toArray()));
      expect(chunks.length).toBeGreaterThan(0);
    }
    const random = seededRandom(5);
    for (let utterance = 0; utterance < 200; utterance++) {
      if (random() < 0.3) speak(0).subscribe().unsubscribe();
      else await firstValueFrom(speak(0).pipe(take(1)));
    }
    await settled(() => server.contexts === 0);
    expect(server.contexts).toBe(0);
    expect(server.sockets).toBe(1);
    expect(clock.pending).toBe(timers);
    expect(resources('TCPSocketWrap')).toBe(sockets);
    expect(server.journal.warnings).toEqual([]);
    session.close();
    await settled(() => server.sockets === 0);
    expect(server.sockets).toBe(0);
    expect(clock.pending).toBe(0);
    expect(warnings).toEqual([]);
  }, 120_000);

  it('leave no request, listener or timer behind by HTTP: 100 in a row, 50 cut', async () => {
    session.close();
    for (let utterance = 0; utterance < 100; utterance++) await lastValueFrom(speak(2).pipe(toArray()));
    for (let utterance = 0; utterance < 50; utterance++) {
      if (utterance % 2 === 0) speak(2).subscribe().unsubscribe();
      else await firstValueFrom(speak(2).pipe(take(1)));
    }
    const ended = () => server.journal.of('response').length === server.journal.of('request').length;
    await settled(ended);
    expect(ended()).toBe(true);
    await settled(() => clock.pending === 0);
    expect(clock.pending).toBe(0);
    expect(warnings).toEqual([]);
  }, 60_000);
});
