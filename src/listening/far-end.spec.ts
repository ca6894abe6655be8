import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeMuLaw } from '../audio/mu-law.js';
import { FarEnd, STEP_MS } from './far-end.js';

/** Silence but for a level of about -20 dBFS. */
const loud = (ms: number) => encodeMuLaw(new Float32Array(ms * 8).fill(3_277));
const at = (farEnd: FarEnd, ms: number) => farEnd.levelDb(Math.floor(ms / STEP_MS));

describe('the level at the far end', () => {
  it('is that of what was sent, from when it was sent, as long as it lasts', () => {
    const farEnd = new FarEnd();
    farEnd.sent(loud(400), 1_000);
    expect([at(farEnd, 980), at(farEnd, 1_200), at(farEnd, 1_450)]).toEqual([
      -96,
      expect.closeTo(-20, 1),
      -96,
    ]);
  });

  it('goes on without a gap when the next piece is sent before the last has been played', () => {
    const farEnd = new FarEnd();
    farEnd.sent(loud(200), 0);
    farEnd.sent(loud(200), 50);
    expect(at(farEnd, 380)).toBeCloseTo(-20, 0);
    expect(at(farEnd, 450)).toBe(-96);
  });

  it('is silence after a clear, and what is sent then is played at once', () => {
    const farEnd = new FarEnd();
    farEnd.sent(loud(2_000), 0);
    farEnd.cleared(300);
    expect(at(farEnd, 500)).toBe(-96);
    farEnd.sent(loud(100), 600);
    expect([at(farEnd, 280), at(farEnd, 560), at(farEnd, 680)]).toEqual([
      expect.closeTo(-20, 0),
      -96,
      expect.closeTo(-20, 0),
    ]);
  });

  it('is known two seconds back, and a minute ahead when all is sent at once', () => {
    const farEnd = new FarEnd();
    farEnd.sent(loud(60_000), 0);
    for (const ms of [100, 30_000, 59_900]) expect(at(farEnd, ms)).toBeCloseTo(-20, 0);
    for (let now = 60_000; now < 70_000; now += 20) farEnd.sent(loud(20), now);
    expect(at(farEnd, 68_100)).toBeCloseTo(-20, 0);
  });

  it('is the same however the audio was cut into pieces', () => {
    const audio = Uint8Array.from([...loud(300), ...new Uint8Array(800).fill(0xff), ...loud(100)]);
    const whole = new FarEnd();
    whole.sent(audio, 13);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        const farEnd = new FarEnd();
        for (let from = 0, turn = 0; from < audio.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 160;
          farEnd.sent(audio.subarray(from, from + size), 13);
          from += size;
        }
        for (let step = 0; step < 80; step++)
          expect(farEnd.levelDb(step)).toBeCloseTo(whole.levelDb(step), 6);
      }),
      { numRuns: 30 },
    );
  });
});
