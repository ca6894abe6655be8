import { describe, expect, it } from '@jest/globals';
import { SystemClock } from './system-clock.js';

describe('the system clock', () => {
  const clock = new SystemClock();
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

  it('repeats without drift: late ticks are made up for', async () => {
    let ticks = 0;
    const from = clock.now();
    const cancel = clock.every(5, () => ticks++);
    await wait(400);
    cancel();
    expect(ticks / ((clock.now() - from) / 5)).toBeGreaterThan(0.85);
    expect(ticks / ((clock.now() - from) / 5)).toBeLessThanOrEqual(1.02);
    const stopped = ticks;
    await wait(30);
    expect(ticks).toBe(stopped);
  });

  it('never runs a task in the call that arms it, and not at all once cancelled', async () => {
    let ran = 0;
    clock.after(0, () => ran++);
    clock.after(0, () => (ran += 10))();
    expect(ran).toBe(0);
    await wait(20);
    expect(ran).toBe(1);
  });

  it('tells the time of day for expiry dates', () => {
    expect(Math.abs(clock.epoch() - Date.now())).toBeLessThan(1_000);
  });
});
