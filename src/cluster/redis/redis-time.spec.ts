import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { RedisTime } from './redis-time.js';

const told = (ms: number) => [String(Math.floor(ms / 1_000)), String((ms % 1_000) * 1_000)];

describe('the time of Redis', () => {
  it('is the wall clock until Redis has told it', async () => {
    const clock = new VirtualClock(5_000_000);
    const time = new RedisTime(clock);
    await clock.advance(20);
    expect(time.now()).toBe(5_000_020);
  });

  it('is that of Redis from then on, half a round trip ago, whatever this clock says', async () => {
    const clock = new VirtualClock(5_000_000);
    const time = new RedisTime(clock);
    await clock.advance(10);
    time.told(told(9_000_000), 4); // asked at 4, answered at 10: it was so at 7
    expect(time.now()).toBe(9_000_003);
    await clock.advance(100);
    expect(time.now()).toBe(9_000_103);
  });

  it('takes no vague answer, and none that is none', async () => {
    const clock = new VirtualClock(5_000_000);
    const time = new RedisTime(clock);
    time.told(told(9_000_000), 0);
    await clock.advance(200);
    for (const answer of [told(1_000), undefined, [], ['x', 'y']]) time.told(answer, 0);
    time.told(undefined, 200);
    time.told(['x', 'y'], 200);
    expect(time.now()).toBe(9_000_200);
  });
});
