import { describe, expect, it } from '@jest/globals';
import { encodeMuLaw } from '../audio/mu-law.js';
import { seededRandom } from '../testing/random.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { CallerSpeech, type CallerUtterance } from './caller-speech.js';
import { EnergyDetector } from './energy-detector.js';
import { SustainedSpeech } from './sustained-speech.js';

const RATE = 8_000;

/** A voice-like buzz: harmonics of 120 Hz, four syllables a second, about -20 dBFS. */
function voice(ms: number): Int16Array {
  return Int16Array.from({ length: (ms * RATE) / 1000 }, (_, index) => {
    const t = index / RATE;
    const syllable = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t);
    let sum = 0;
    for (let harmonic = 3; harmonic <= 12; harmonic++) sum += Math.sin(2 * Math.PI * 120 * harmonic * t) / 5;
    return sum * syllable * 5_000;
  });
}

function noise(ms: number, amplitude: number, seed = 1): Int16Array {
  const random = seededRandom(seed);
  return Int16Array.from({ length: (ms * RATE) / 1000 }, () => (2 * random() - 1) * amplitude);
}

const join = (...parts: Int16Array[]) => Int16Array.from(parts.flatMap((part) => [...part]));

describe('sustained speech', () => {
  type Run = readonly [voiced: boolean, ms: number];
  const run = (runs: readonly Run[], talking = false) => {
    const rule = new SustainedSpeech();
    const changes: string[] = [];
    let now = 0;
    for (const [voiced, ms] of runs)
      for (let at = 0; at < ms; at += 20) {
        now += 20;
        const change = rule.push(voiced ? 0.9 : 0.1, voiced ? -20 : -60, 20, talking);
        if (change !== undefined) changes.push(`${change} at ${now}`);
      }
    return changes;
  };

  it.each<{ fact: string; runs: Run[]; talking?: boolean; changes: string[] }>([
    { fact: 'begins as soon as enough of it was voiced', runs: [[true, 200]], changes: ['started at 100'] },
    {
      fact: 'needs more while we are talking',
      runs: [[true, 200]],
      talking: true,
      changes: ['started at 160'],
    },
    {
      fact: 'does not begin with a click',
      runs: [
        [true, 40],
        [false, 400],
        [true, 40],
        [false, 400],
      ],
      changes: [],
    },
    {
      fact: 'does not begin with the silence after a short sound: hang-over is not voice',
      runs: [
        [true, 80],
        [false, 1000],
      ],
      changes: [],
    },
    {
      fact: 'tolerates gaps inside its window',
      runs: [
        [true, 60],
        [false, 60],
        [true, 60],
      ],
      changes: ['started at 160'],
    },
    {
      fact: 'does not add up over a longer time than its window',
      runs: [
        [true, 60],
        [false, 200],
        [true, 60],
        [false, 200],
        [true, 60],
      ],
      changes: [],
    },
    {
      fact: 'goes on through a pause and ends after enough silence',
      runs: [
        [true, 200],
        [false, 680],
        [true, 100],
        [false, 800],
      ],
      changes: ['started at 100', 'ended at 1680'],
    },
  ])('$fact', ({ runs, talking, changes }) => {
    expect(run(runs, talking)).toEqual(changes);
  });

  it('knows when it began and how much of it was voice', () => {
    const rule = new SustainedSpeech();
    for (let at = 0; at < 500; at += 20) rule.push(0, -60, 20, false);
    for (let at = 0; at < 300; at += 20) rule.push(1, -20, 20, false);
    expect(rule.sinceOnsetMs).toBe(300);
    expect(rule.voicedMs).toBe(300);
  });

  it('does not count soft sounds while we are talking: they may be our echo', () => {
    const rule = new SustainedSpeech();
    const changes = [...Array(50).keys()].map(() => rule.push(1, -50, 20, true));
    expect(changes.every((change) => change === undefined)).toBe(true);
  });
});

describe('the energy detector', () => {
  const windows = (samples: Int16Array, chunk = 160) => {
    const detector = new EnergyDetector();
    const probabilities: number[] = [];
    for (let at = 0; at < samples.length; at += chunk)
      detector.process(samples.subarray(at, at + chunk), (probability) => probabilities.push(probability));
    return probabilities;
  };
  const voiced = (probabilities: number[]) =>
    probabilities.filter((probability) => probability >= 0.5).length;

  it('hears a voice over a quiet line, over noise, and nothing in digital silence', () => {
    expect(voiced(windows(join(noise(2_000, 30), voice(1_000))).slice(100))).toBeGreaterThanOrEqual(45);
    expect(voiced(windows(join(noise(2_000, 300), voice(1_000))).slice(100))).toBeGreaterThanOrEqual(30);
    expect(voiced(windows(new Int16Array(RATE * 2)))).toBe(0);
  });

  it('gets used to steady noise, and to a noise that grows louder', () => {
    const step = windows(join(noise(2_000, 100), noise(6_000, 800)));
    expect(voiced(step.slice(-100))).toBe(0);
  });

  it('gives the same answers whatever the size of the pieces', () => {
    const samples = join(noise(500, 50), voice(700), noise(500, 50));
    for (const chunk of [1, 7, 159, 161, 1_000]) expect(windows(samples, chunk)).toEqual(windows(samples));
  });

  it('starts anew after a reset', () => {
    const detector = new EnergyDetector();
    const listen = (samples: Int16Array) => {
      const levels: number[] = [];
      detector.process(samples, (probability) => levels.push(probability));
      return levels;
    };
    const first = listen(voice(400));
    detector.reset();
    expect(listen(voice(400))).toEqual(first);
  });
});

describe('caller speech', () => {
  const setUp = (talking = false) => {
    const clock = new VirtualClock();
    const caller = new CallerSpeech(new EnergyDetector(), clock, () => talking);
    const utterances: CallerUtterance[] = [];
    caller.utterances$.subscribe((utterance) => utterances.push(utterance));
    let timestamp = 155;
    const hear = (samples: Int16Array, frame = 160) => {
      const bytes = encodeMuLaw(samples);
      for (let at = 0; at < bytes.length; at += frame) {
        const part = bytes.subarray(at, at + frame);
        caller.audio(part, timestamp);
        timestamp += part.length / 8;
      }
    };
    return { clock, caller, utterances, hear, skip: (ms: number) => (timestamp += ms) };
  };

  it('is a level: who subscribes while the caller is talking hears of it at once', () => {
    const { caller, hear } = setUp();
    hear(join(noise(500, 30), voice(400)));
    let told = false;
    caller.userSpeech$.subscribe(() => (told = true));
    expect(told).toBe(true);
  });

  it('does not tell a late subscriber of speech that has ended', () => {
    const { caller, hear } = setUp();
    hear(join(noise(500, 30), voice(400), noise(1_000, 30)));
    let told = false;
    caller.userSpeech$.subscribe(() => (told = true));
    expect(told).toBe(false);
  });

  it('reports each utterance with its onset and its end', () => {
    const { utterances, hear } = setUp();
    hear(join(noise(1_000, 30), voice(600), noise(1_000, 30), voice(500), noise(1_000, 30)));
    expect(utterances).toHaveLength(2);
    expect(Math.abs(utterances[0]!.onsetMs - 1_000)).toBeLessThanOrEqual(60);
    expect(Math.abs(utterances[0]!.endMs - 1_600)).toBeLessThanOrEqual(60);
    expect(utterances[1]!.onsetMs).toBeGreaterThan(2_500);
  });

  it.each([1, 33, 160, 800])('decides the same with frames of %i bytes', (frame) => {
    const { utterances, hear } = setUp();
    hear(join(noise(1_000, 30), voice(600), noise(1_000, 30)), frame);
    expect(utterances).toHaveLength(1);
    expect(Math.abs(utterances[0]!.onsetMs - 1_000)).toBeLessThanOrEqual(60);
  });

  it('takes missing frames for silence, so that an utterance ends', () => {
    const { utterances, hear, skip } = setUp();
    hear(join(noise(500, 30), voice(600)));
    skip(2_000);
    hear(noise(20, 30));
    expect(utterances).toHaveLength(1);
  });

  it('ends an utterance when the far end sends nothing any more', async () => {
    const { clock, utterances, hear, caller } = setUp();
    hear(join(noise(500, 30), voice(600)));
    await clock.advance(2_000);
    expect(utterances).toHaveLength(1);
    caller.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
