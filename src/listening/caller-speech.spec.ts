import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MU_LAW_SILENCE } from '../audio/mu-law.js';
import { speechLikeSound } from '../testing/speech-like-sound.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { CallerSpeech, type CallerUtterance } from './caller-speech.js';
import { EnergyDetector } from './energy-detector.js';

import { LISTENING_PROFILES, type ListeningOptions } from './listening-profiles.js';

const voice = speechLikeSound;
const silence = (ms: number) => new Uint8Array(ms * 8).fill(MU_LAW_SILENCE);
/** Plain numbers, so that tuning the profiles moves no boundary here. */
const OPTIONS: ListeningOptions = {
  ...LISTENING_PROFILES.balanced,
  quiet: { voicedMs: 100, withinMs: 240, probability: 0.5, minimumDb: -60 },
  talking: { voicedMs: 160, withinMs: 320, probability: 0.6, minimumDb: -44 },
  endpointing: { minMs: 700, maxMs: 700, pauseFactor: 0 },
};
const FRAME_MS = 20;
/** One window of 20 ms either side, and one for the floor. */
const NEAR_MS = 40;

function setUp(options: { talking?: () => boolean } = {}) {
  const clock = new VirtualClock();
  const caller = new CallerSpeech(new EnergyDetector(), clock, OPTIONS, options.talking ?? (() => false));
  const utterances: CallerUtterance[] = [];
  const levels: boolean[] = [];
  const done: string[] = [];
  caller.utterances$.subscribe({
    next: (one) => utterances.push(one),
    complete: () => done.push('utterances'),
  });
  caller.speaking$.subscribe({ next: (level) => levels.push(level), complete: () => done.push('speaking') });
  let timestamp = 155;
  const hear = (audio: Uint8Array, sizes: readonly number[] = [160]) => {
    for (let at = 0, turn = 0; at < audio.length; turn++) {
      const part = audio.subarray(at, at + (sizes[turn % sizes.length] ?? 160));
      caller.audio(part, timestamp);
      timestamp += part.length / 8;
      at += part.length;
    }
  };
  const hearLive = async (audio: Uint8Array) => {
    for (let at = 0; at < audio.length; at += 160) {
      hear(audio.subarray(at, at + 160));
      await clock.advance(20);
    }
  };
  const lose = (ms: number) => (timestamp += ms);
  return { clock, caller, utterances, levels, done, hear, hearLive, lose };
}

/** What does not depend on when the frames came. */
const onTheLine = ({ onsetMs, endMs, durationMs, voicedMs }: CallerUtterance) => ({
  onsetMs,
  endMs,
  durationMs,
  voicedMs,
});

/** Whether `userSpeech$` tells somebody who subscribes now. */
function isHeardNow(caller: CallerSpeech): boolean {
  let heard = false;
  caller.userSpeech$.subscribe(() => (heard = true)).unsubscribe();
  return heard;
}

describe('caller speech', () => {
  it('a caller who is already talking is heard by a late subscriber', () => {
    const { caller, hear } = setUp();
    hear(silence(500));
    hear(voice(400));
    expect(isHeardNow(caller)).toBe(true);
  });

  it.each<[fact: string, ms: readonly [before: number, voiced: number, after: number]]>([
    ['before the caller has spoken', [500, 0, 0]],
    ['when the caller has only clicked', [500, 40, 300]],
    ['after the caller has finished', [500, 400, 1000]],
  ])('nobody is told of speech %s', (_, [before, voiced, after]) => {
    const { caller, hear } = setUp();
    hear(silence(before));
    hear(voice(voiced));
    hear(silence(after));
    expect(isHeardNow(caller)).toBe(false);
  });

  it('the level changes once for each start and each end', () => {
    const { levels, hear } = setUp();
    for (let turn = 0; turn < 2; turn++) {
      hear(silence(1000));
      hear(voice(600));
    }
    hear(silence(1000));
    expect(levels).toEqual([false, true, false, true, false]);
  });

  it('each finished utterance is told once, with its times on the audio clock', () => {
    const { utterances, hear } = setUp();
    hear(silence(1000));
    hear(voice(600));
    hear(silence(1000));
    expect(utterances).toHaveLength(1);
    const [{ onsetMs, endMs, durationMs, voicedMs }] = utterances as [CallerUtterance];
    expect(Math.abs(onsetMs - 1000)).toBeLessThanOrEqual(NEAR_MS);
    expect(Math.abs(endMs - 1600)).toBeLessThanOrEqual(NEAR_MS);
    expect(durationMs).toBe(endMs - onsetMs);
    expect(voicedMs).toBeLessThanOrEqual(durationMs);
  });

  it('the decision takes the voiced time that the bar asks for, and no more', () => {
    const { levels, hear } = setUp();
    hear(silence(1000));
    hear(voice(OPTIONS.quiet.voicedMs - 20));
    expect(levels).toEqual([false]);
    hear(voice(40));
    expect(levels).toEqual([false, true]);
  });

  it('more voice is needed while we are talking, and that is asked anew for each window', () => {
    let talking = true;
    const { levels, hear } = setUp({ talking: () => talking });
    hear(silence(1000));
    hear(voice(120));
    expect(levels).toEqual([false]);
    hear(silence(500));
    talking = false;
    hear(voice(120));
    expect(levels).toEqual([false, true]);
  });

  it.each([600, 603, 611, 617])(
    'the last sample of %d ms of speech is known to 5 ms, not to a window',
    async (ms) => {
      const { clock, utterances, hearLive } = setUp();
      await hearLive(silence(1000));
      const startMs = clock.now();
      await hearLive(Uint8Array.from([...voice(ms), ...silence(1000)]));
      const error = (utterances[0]?.lastSampleAtMs ?? NaN) - (startMs + ms);
      expect(Math.abs(error + FRAME_MS)).toBeLessThanOrEqual(5); // these frames come before their time
    },
  );

  it('tells each pause and that the caller goes on', async () => {
    const { caller, hearLive } = setUp();
    const pauses: (number | undefined)[] = [];
    caller.pauses$.subscribe((pause) => pauses.push(pause?.durationMs));
    await hearLive(
      Uint8Array.from([...silence(200), ...voice(600), ...silence(400), ...voice(400), ...silence(1000)]),
    );
    expect(pauses).toEqual([600, undefined, 1400]);
  });

  it('how the audio was cut into frames does not matter', () => {
    const parts = [
      silence(1000),
      voice(600),
      silence(300),
      voice(200),
      silence(1000),
      voice(500),
      silence(1000),
    ];
    const audio = Uint8Array.from(parts.flatMap((part) => [...part]));
    const expected = setUp();
    expected.hear(audio);
    expect(expected.utterances).toHaveLength(2);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const { hear, utterances, levels } = setUp();
        hear(audio, sizes);
        expect(utterances.map(onTheLine)).toEqual(expected.utterances.map(onTheLine));
        expect(levels).toEqual(expected.levels);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['long enough', 2000, 1],
    ['longer than any real gap', 60_000, 1],
    ['short', 300, 0],
    ['nothing but jitter', 20, 0],
  ])('missing frames count as silence: %s', (_, lostMs, ended) => {
    const { utterances, hear, lose } = setUp();
    hear(silence(500));
    hear(voice(600));
    lose(lostMs);
    hear(silence(20));
    expect(utterances).toHaveLength(ended);
  });

  it('missing frames move the audio clock', () => {
    const { utterances, hear, lose } = setUp();
    hear(silence(500));
    lose(1000);
    hear(voice(600));
    hear(silence(1000));
    expect(Math.abs(utterances[0]!.onsetMs - 1500)).toBeLessThanOrEqual(NEAR_MS);
  });

  it('a broken timestamp costs ten seconds of silence at most', () => {
    const { utterances, hear, lose } = setUp();
    hear(silence(500));
    lose(3_600_000);
    hear(voice(600));
    hear(silence(1000));
    expect(Math.abs(utterances[0]!.onsetMs - 10_500)).toBeLessThanOrEqual(NEAR_MS);
  });

  it('after a gap that is longer than what counts, times on the clock are right again', async () => {
    const { clock, utterances, hearLive, lose } = setUp();
    await hearLive(silence(500));
    lose(25_000); // as while keys are pressed
    await clock.advance(25_000);
    await hearLive(voice(600));
    const endMs = clock.now();
    await hearLive(silence(1000));
    expect(Math.abs(utterances[0]!.lastSampleAtMs - endMs)).toBeLessThanOrEqual(NEAR_MS);
  });

  it('nor does a broken timestamp move them', async () => {
    const { clock, utterances, hearLive, lose } = setUp();
    await hearLive(silence(500));
    lose(3_600_000);
    await hearLive(voice(600));
    const endMs = clock.now();
    await hearLive(silence(1000));
    expect(Math.abs(utterances[0]!.lastSampleAtMs - endMs)).toBeLessThanOrEqual(NEAR_MS);
  });

  it.each([
    [700, 0],
    [800, 1],
  ])('an utterance whose audio has stopped for %i ms has ended %i times', async (ms, ended) => {
    const { clock, utterances, hearLive } = setUp();
    await hearLive(silence(500));
    await hearLive(voice(1200));
    await clock.advance(ms - 20);
    expect(utterances).toHaveLength(ended);
  });

  it.each([
    ['was never sent', 1000],
    ['comes late, all at once', 0],
  ])('the audio clock is right after a stall, when its audio %s', async (_, lostMs) => {
    const { clock, utterances, hearLive, hear, lose } = setUp();
    await hearLive(silence(500));
    await hearLive(voice(500));
    await clock.advance(1000);
    expect(utterances).toHaveLength(1);
    lose(lostMs);
    hear(silence(1000 - lostMs));
    hear(voice(500));
    hear(silence(1000));
    expect(Math.abs(utterances[1]!.onsetMs - 2000)).toBeLessThanOrEqual(NEAR_MS);
  });

  it('one timer at most is armed, and none once the caller is silent', async () => {
    const { clock, hearLive } = setUp();
    await hearLive(voice(2000));
    expect(clock.pendingTimers).toBe(1);
    await hearLive(silence(1000));
    expect(clock.pendingTimers).toBe(0);
  });

  it('a caller who talks for ten seconds without a pause is one utterance', () => {
    const { utterances, hear } = setUp();
    hear(silence(1000));
    hear(voice(10_000));
    hear(silence(1000));
    expect(utterances).toHaveLength(1);
    expect(Math.abs(utterances[0]!.durationMs - 10_000)).toBeLessThanOrEqual(2 * NEAR_MS);
  });

  it('closing completes everything, leaves no timer and hears no more', () => {
    const { clock, caller, utterances, done, hear } = setUp();
    hear(voice(500));
    caller.close();
    hear(voice(500));
    hear(silence(1000));
    expect(done.sort()).toEqual(['speaking', 'utterances']);
    expect(utterances).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('may be closed by whoever hears that the caller speaks', () => {
    const { clock, caller, hear } = setUp();
    caller.userSpeech$.subscribe(() => {
      caller.close();
    });
    hear(voice(500));
    expect(clock.pendingTimers).toBe(0);
  });
});
