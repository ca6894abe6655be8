import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('runs timers in the order they fall due, and those of one instant in the order they were set', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.after(20, () => ran.push('late'));
    clock.after(10, () => ran.push('first'));
    clock.after(10, () => ran.push('second'));
    await clock.advance(15);
    expect(ran).toEqual(['first', 'second']);
    await clock.advance(5);
    expect(ran).toEqual(['first', 'second', 'late']);
  });

  it('lets promises settle between two timers', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    void (async () => {
      for (const name of ['a', 'b', 'c']) {
        await sleep(1);
        ran.push(`${name}@${clock.now()}`);
      }
    })();
    clock.after(2, () => ran.push('timer@2'));
    await clock.advance(3);
    expect(ran).toEqual(['a@1', 'timer@2', 'b@2', 'c@3']);
  });

  it('neither runs nor keeps what was cancelled', async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const cancelOnce = clock.after(5, () => ticks++);
    const cancelEvery = clock.every(20, () => ticks++);
    cancelOnce();
    await clock.advance(60);
    cancelEvery();
    await clock.advance(60);
    expect([ticks, clock.pendingTimers]).toEqual([3, 0]);
  });

  it('never runs a task in the call that set it', async () => {
    const clock = new VirtualClock();
    let ran = false;
    clock.after(0, () => (ran = true));
    expect(ran).toBe(false);
    await clock.advance(0);
    expect(ran).toBe(true);
  });

  it('keeps wall-clock time in step', async () => {
    const clock = new VirtualClock(1000);
    await clock.advance(250);
    expect([clock.now(), clock.epoch()]).toEqual([250, 1250]);
    expect(await clock.advanceUntil(() => clock.now() >= 300)).toBe(true);
    expect(await clock.advanceUntil(() => false, 10)).toBe(false);
  });
});
