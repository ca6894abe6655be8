import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { SystemClock } from './system-clock.js';

/** In place of the timers of Node, all of them late by as much; there is but one at a time. */
class LateTimers {
  #now = 0;
  #next: { readonly dueMs: number; readonly task: () => void } | undefined;

  constructor(lateMs: number) {
    jest.spyOn(performance, 'now').mockImplementation(() => this.#now);
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((task: () => void, delayMs = 0) => {
      this.#next = { dueMs: this.#now + Math.max(1, delayMs) + lateMs, task };
    }) as never);
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next; next !== undefined && next.dueMs <= end; next = this.#next) {
      this.#now = Math.max(this.#now, next.dueMs);
      next.task();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Nothing runs meanwhile. */
  stand(ms: number): void {
    this.#now += ms;
  }
}

/** What Node itself does at the same time. */
class BareInterval {
  ticks = 0;
  readonly #interval: NodeJS.Timeout;

  constructor(periodMs: number) {
    this.#interval = setInterval(() => this.ticks++, periodMs);
  }

  stop(): void {
    clearInterval(this.#interval);
  }
}

describe('the system clock', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const clock = new SystemClock();
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

  it.each([0, 2, 4])('repeats without drift where each timer is %d ms late', (lateMs) => {
    const time = new LateTimers(lateMs);
    let ticks = 0;
    clock.every(5, () => ticks++);
    time.pass(400 + lateMs);
    expect(ticks).toBe(80);
  });

  it('makes up for no more than one tick of a long standstill', () => {
    const time = new LateTimers(0);
    const ticks: number[] = [];
    clock.every(5, () => ticks.push(clock.now()));
    time.pass(10);
    time.stand(100);
    time.pass(15);
    expect(ticks).toEqual([5, 10, 110, 111, 115, 120, 125]);
  });

  it('repeats as often as Node does, and no more often than it is to, until it is cancelled', async () => {
    let ticks = 0;
    const from = clock.now();
    const cancel = clock.every(5, () => ticks++);
    const others = new BareInterval(5);
    await wait(400);
    cancel();
    others.stop();
    expect(ticks / others.ticks).toBeGreaterThan(0.85); // of as many as this machine lets through now
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
