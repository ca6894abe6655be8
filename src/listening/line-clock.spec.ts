import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../testing/random.js';
import { LineClock } from './line-clock.js';

describe('the line clock', () => {
  it('puts audio on our clock without the jitter of its arrival', () => {
    const line = new LineClock();
    const random = seededRandom(1);
    for (let audioMs = 20; audioMs <= 4_000; audioMs += 20)
      line.arrived(audioMs, 500 + audioMs + 15 * random());
    expect(Math.abs(line.toClock(4_000) - 4_500)).toBeLessThan(2);
  });

  it('follows a line whose delay grows for good', () => {
    const line = new LineClock();
    line.arrived(20, 20);
    for (let audioMs = 40; audioMs <= 60_000; audioMs += 20) line.arrived(audioMs, audioMs + 50);
    expect(line.toClock(60_000)).toBeCloseTo(60_050, 6);
  });
});
