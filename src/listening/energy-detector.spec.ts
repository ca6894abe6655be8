import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../testing/random.js';
import { EnergyDetector } from './energy-detector.js';

const RATE = 8_000;
const fullScale = (dbfs: number) => 32_768 * 10 ** (dbfs / 20);
const wave = (ms: number, sample: (seconds: number) => number) =>
  Int16Array.from({ length: (ms * RATE) / 1000 }, (_, index) => sample(index / RATE));

/** Uniform noise of this level, dBFS. */
function noise(ms: number, db: number, seed = 1): Int16Array {
  const random = seededRandom(seed);
  return wave(ms, () => (2 * random() - 1) * Math.sqrt(3) * fullScale(db));
}

const tone = (ms: number, hz: number, db: number) =>
  wave(ms, (seconds) => Math.SQRT2 * fullScale(db) * Math.sin(2 * Math.PI * hz * seconds));

/** Harmonics of 120 Hz, four syllables a second, about this level, dBFS. */
const harmonics = (ms: number, db: number) =>
  wave(ms, (seconds) => {
    let sum = 0;
    for (let number = 3; number <= 12; number++) sum += Math.sin(2 * Math.PI * 120 * number * seconds);
    return sum * 0.45 * fullScale(db) * (0.6 + 0.4 * Math.sin(8 * Math.PI * seconds));
  });

/** Noise whose loudness goes up and down four times a second, about this level, dBFS. */
const whisper = (ms: number, db: number) =>
  noise(ms, db, 7).map(
    (sample, index) => sample * (0.6 + 0.4 * Math.sin((8 * Math.PI * index) / RATE)) * 1.4,
  );

const add = (under: Int16Array, over: Int16Array) =>
  under.map((sample, index) => sample + (over[index] ?? 0));
const join = (...parts: Int16Array[]) => Int16Array.from(parts.flatMap((part) => [...part]));

function windows(samples: Int16Array, chunk = 160, detector = new EnergyDetector()) {
  const heard: { probability: number; levelDb: number }[] = [];
  for (let at = 0; at < samples.length; at += chunk)
    detector.process(samples.subarray(at, at + chunk), (probability, levelDb) =>
      heard.push({ probability, levelDb }),
    );
  return heard;
}

/** Share of voiced windows between two times, ms. */
function voicedShare(samples: Int16Array, fromMs: number, toMs = (samples.length / RATE) * 1000): number {
  const part = windows(samples).slice(fromMs / 20, toMs / 20);
  return part.filter(({ probability }) => probability >= 0.5).length / part.length;
}

describe('the energy detector', () => {
  it.each<[fact: string, floorDb: number, sound: Int16Array]>([
    ['a voice on a quiet line', -65, harmonics(1000, -26)],
    ['a soft voice on a quiet line', -65, harmonics(1000, -36)],
    ['a voice 20 dB above noise', -46, harmonics(1000, -26)],
    ['a voice 15 dB above loud noise', -35, harmonics(1000, -20)],
    ['speech-like noise', -60, whisper(1000, -30)],
  ])('hears %s', (_, floorDb, sound) => {
    const samples = join(
      noise(2000, floorDb),
      add(noise(sound.length / 8, floorDb, 2), sound),
      noise(1000, floorDb, 3),
    );
    expect(voicedShare(samples, 0, 2000)).toBe(0);
    expect(voicedShare(samples, 2000, 3000)).toBeGreaterThan(0.65);
    expect(voicedShare(samples, 3040)).toBe(0);
  });

  it.each<[fact: string, samples: Int16Array]>([
    ['digital silence', new Int16Array(3 * RATE)],
    ['comfort noise', noise(3000, -62)],
    ['comfort noise that begins after digital silence', join(new Int16Array(RATE), noise(2000, -55))],
    ['steady noise from the first frame', noise(3000, -40)],
    ['mains hum', tone(3000, 50, -30)],
    ['a constant offset', new Int16Array(3 * RATE).fill(800)],
  ])('hears no voice in %s', (_, samples) => {
    expect(voicedShare(samples, 40)).toBe(0);
  });

  it.each<[fact: string, samples: Int16Array]>([
    ['noise that has grown louder', join(noise(2000, -55), noise(3000, -30, 2))],
    ['a tone that goes on', join(noise(2000, -55), tone(3000, 440, -20))],
    [
      'noise that rises slowly',
      join(...[-60, -58, -56, -54, -52, -50, -48, -46, -44, -42, -40, -38].map((db) => noise(600, db))),
    ],
  ])('gets used to %s', (_, samples) => {
    expect(voicedShare(samples, 3600)).toBe(0);
  });

  it('hears no voice in mains hum that comes and goes', () => {
    const hum = [0, 1, 2, 3].flatMap(() => [tone(400, 50, -36), new Int16Array(0.4 * RATE)]);
    expect(voicedShare(join(noise(2000, -60), ...hum), 2000)).toBeLessThan(0.1);
  });

  it('hears a caller who speaks in the first frame', () => {
    expect(voicedShare(harmonics(1000, -24), 0)).toBeGreaterThan(0.5);
  });

  it('hears a soft voice soon after a loud noise has stopped', () => {
    const samples = join(
      noise(3000, -30),
      noise(500, -60, 2),
      add(noise(1000, -60, 3), harmonics(1000, -34)),
    );
    expect(voicedShare(samples, 3500)).toBeGreaterThan(0.65);
  });

  it('is in two minds at the threshold, and surer further away from it', () => {
    const levels = [-50, -47, -45, -43, -40].map((db) => tone(100, 1000, db));
    const [lower, low, at, high, higher] = levels.map(
      (samples) => windows(join(new Int16Array(RATE), samples)).at(-2)?.probability ?? 0,
    );
    expect(at).toBeCloseTo(0.5, 1);
    for (const [less, more] of [
      [lower, low],
      [low, at],
      [at, high],
      [high, higher],
    ])
      expect(more).toBeGreaterThan(less!);
  });

  it('tells the level in dBFS', () => {
    expect(windows(tone(100, 1000, -20)).at(-1)?.levelDb).toBeCloseTo(-20, 1);
    expect(windows(new Int16Array(160))[0]?.levelDb).toBe(-96);
  });

  it('gives the same answers whatever the size of the pieces', () => {
    const samples = join(noise(300, -50), harmonics(400, -26), noise(300, -50, 2));
    const whole = windows(samples);
    expect(whole).toHaveLength(50);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (chunk) => {
        expect(windows(samples, chunk)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps half a window for later', () => {
    expect(windows(new Int16Array(159))).toHaveLength(0);
    expect(windows(new Int16Array(320 + 159))).toHaveLength(2);
  });

  it('starts anew after a reset', () => {
    const detector = new EnergyDetector();
    const samples = join(harmonics(395, -26), noise(100, -40));
    const first = windows(samples, 160, detector);
    detector.reset();
    expect(windows(samples, 160, detector)).toEqual(first);
  });
});
