import { describe, expect, it } from '@jest/globals';
import { agentTrack } from '../../test/support/speech.js';
import { decibelFullScale } from '../audio/level.js';
import { decodeMuLaw } from '../audio/mu-law.js';
import { seededRandom } from '../testing/random.js';
import { ECHO_GUARD_DEFAULTS, EchoGuard } from './echo-guard.js';
import { FarEnd } from './far-end.js';
import { Likeness } from './likeness.js';

const WINDOW = 256;
const AGENT = agentTrack();
const VOICE = decodeMuLaw(AGENT);

interface Line {
  /** dB relative to what was sent; none without. */
  readonly echoDb?: number;
  readonly delayMs?: number;
  /** dBFS */
  readonly noiseDb?: number;
  /** The caller makes a sound of this level, dBFS, from and to, ms. */
  readonly caller?: readonly [levelDb: number, fromMs: number, toMs: number];
  readonly learn?: boolean;
}

const amplitude = (db: number) => 10 ** (db / 20);

/** The agent talks; @returns which windows the guard takes for our own voice, and the guard. */
function talk(ms: number, { echoDb, delayMs = 0, noiseDb = -60, caller, learn = true }: Line) {
  const farEnd = new FarEnd();
  const guard = new EchoGuard(farEnd, ECHO_GUARD_DEFAULTS);
  const random = seededRandom(5);
  const gain = echoDb === undefined ? 0 : amplitude(echoDb);
  const explained: { ms: number; explained: boolean; levelDb: number }[] = [];
  let energy = 0;
  for (let index = 0; index < ms * 8; index++) {
    if (index % 160 === 0) farEnd.sent(frame(index), index / 8);
    let sample = gain * (VOICE[(index - delayMs * 8) % VOICE.length] ?? 0);
    sample += (random() * 2 - 1) * Math.sqrt(3) * 32_768 * amplitude(noiseDb);
    const [levelDb, fromMs, toMs] = caller ?? [0, 0, 0];
    if (index >= fromMs * 8 && index < toMs * 8)
      sample += Math.SQRT2 * 32_768 * amplitude(levelDb) * Math.sin(index * 0.3);
    energy += sample * sample;
    if ((index + 1) % WINDOW !== 0) continue;
    const level = decibelFullScale(energy / WINDOW);
    const endMs = (index + 1) / 8;
    explained.push({ ms: endMs, explained: guard.explains(level, endMs, learn), levelDb: level });
    energy = 0;
  }
  return { guard, explained };
}

function frame(index: number): Uint8Array {
  return Uint8Array.from({ length: 160 }, (_, at) => AGENT[(index + at) % AGENT.length] ?? 0xff);
}

const share = (windows: readonly { explained: boolean }[]) =>
  windows.filter(({ explained }) => explained).length / windows.length;

describe('the echo guard', () => {
  it.each([
    [-20, 110],
    [-20, 330],
    [-12, 200],
    [-30, 160],
  ])('finds an echo of %i dB after %i ms', (echoDb, delayMs) => {
    const { guard } = talk(5_000, { echoDb, delayMs });
    expect(Math.abs(guard.delayMs - delayMs)).toBeLessThanOrEqual(16);
    expect(Math.abs(guard.gainDb - echoDb)).toBeLessThan(4);
  });

  it.each([
    ['from the first sound on', -20, 0],
    ['as loud as expected', -18, 0],
    ['once it has learned it, though louder than expected', -10, 4_000],
  ])('takes an echo for what it is, %s', (_, echoDb, fromMs) => {
    const { explained } = talk(10_000, { echoDb, delayMs: 180 });
    const loud = explained.filter(({ ms, levelDb }) => ms >= fromMs && levelDb > -50);
    expect(share(loud)).toBeGreaterThan(0.99);
  });

  it.each([
    ['through an echo 12 dB softer', { echoDb: -20, delayMs: 110 }],
    ['on a line without echo', {}],
    ['in noise 8 dB softer', { noiseDb: -34 }],
  ])('lets the caller through, %s', (_, line) => {
    const { explained } = talk(9_000, { ...line, caller: [-26, 8_000, 8_400] });
    const during = explained.filter(({ ms }) => ms > 8_040 && ms <= 8_400);
    expect(share(during)).toBeLessThan(0.2);
  });

  it('is hardly misled by a caller who talks for half a second before being noticed', () => {
    const { guard } = talk(2_000, { echoDb: -24, delayMs: 110, caller: [-20, 1_500, 2_000] });
    expect(guard.gainDb).toBeLessThan(-15);
  });

  it('learns nothing while the caller is known to speak', () => {
    const { guard } = talk(3_000, { noiseDb: -30, learn: false });
    expect(guard.gainDb).toBe(ECHO_GUARD_DEFAULTS.expectedDb);
  });

  it('explains nothing while we are silent', () => {
    const guard = new EchoGuard(new FarEnd());
    expect(guard.explains(-96, 1_000, true)).toBe(false);
  });
});

describe('the likeness of two levels', () => {
  const levels = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 400 }, () => -50 + 30 * random());
  };

  it.each([
    ['is near one at the delay with which one follows the other', levels(1), 0.95, 1],
    ['is near none for levels that have nothing to do with each other', levels(2), 0, 0.25],
  ])('%s', (_, near, least, most) => {
    const far = levels(1);
    const likeness = new Likeness(2);
    for (let index = 1; index < near.length; index++) {
      likeness.near(near[index]!);
      likeness.far(0, far[index - 1]!, near[index]!);
      likeness.far(1, far[index]!, near[index]!);
    }
    expect(likeness.greatest).toBeGreaterThanOrEqual(least);
    expect(likeness.greatest).toBeLessThanOrEqual(most);
  });
});
