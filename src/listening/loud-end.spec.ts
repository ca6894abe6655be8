import { describe, expect, it } from '@jest/globals';
import { LoudEnd } from './loud-end.js';

const SAMPLES_PER_MS = 8;
const FRAME_MS = 20;

/** A sound of that peak from `startMs` to `endMs`, other sounds elsewhere, in frames from 0 to 300 ms. */
function listened(startMs: number, endMs: number, peak = 8_000, elsewhere = 0): LoudEnd {
  const loud = new LoudEnd();
  for (let at = 0; at < 300; at += FRAME_MS) {
    const frame = Int16Array.from({ length: FRAME_MS * SAMPLES_PER_MS }, (_, index) => {
      const ms = at + index / SAMPLES_PER_MS;
      const size = ms >= startMs && ms < endMs ? peak : elsewhere;
      return index % 2 === 0 ? size : -size;
    });
    loud.push(frame, at);
  }
  return loud;
}

describe('Where a sound begins', () => {
  it.each([
    [100, 100], // noticed at once
    [100, 85], // a window early
    [100, 170], // late
  ])('at %i ms is found to 5 ms, noticed at %i ms', (startMs, noticedMs) => {
    expect(Math.abs(listened(startMs, 300).onset(noticedMs) - startMs)).toBeLessThanOrEqual(5);
  });

  it('is not taken for the soft sound before it', () => {
    const loud = listened(100, 300, 8_000, 1_000); // 18 dB less: an echo of ours
    expect(Math.abs(loud.onset(100) - 100)).toBeLessThanOrEqual(5);
  });

  it('is where it was noticed when nothing is known, or not so far back', () => {
    expect(new LoudEnd().onset(123)).toBe(123);
    expect(listened(0, 300).onset(-50)).toBe(-50);
  });
});

describe('Where a sound ends', () => {
  it.each([60, 118, 205])('at %i ms is found to 5 ms', (endMs) => {
    expect(Math.abs(listened(0, endMs).before(300) - endMs)).toBeLessThanOrEqual(5);
  });
});
