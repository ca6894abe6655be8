import type { CancelTimer, Clock } from '../call/clock.js';

interface Timer {
  due: number;
  order: number;
  task: () => void;
}

/** Lets every pending microtask run. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * A clock that stands still until it is advanced. Promises and microtasks settle between any two timers, so async
 * iterables and RxJS run as they do in real time.
 */
export class VirtualClock implements Clock {
  readonly #epochAtZero: number;
  readonly #timers: Timer[] = [];
  #now = 0;
  #order = 0;

  /** @param epochAtZero wall-clock ms (since 1970) when `now()` is 0 */
  constructor(epochAtZero = Date.UTC(2026, 0, 1)) {
    this.#epochAtZero = epochAtZero;
  }

  now(): number {
    return this.#now;
  }

  epoch(): number {
    return this.#epochAtZero + this.#now;
  }

  after(delayMs: number, task: () => void): CancelTimer {
    const timer = { due: this.#now + Math.max(0, delayMs), order: this.#order++, task };
    this.#insert(timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  every(periodMs: number, task: () => void): CancelTimer {
    let due = this.#now;
    let cancel: CancelTimer;
    const arm = () => {
      due += periodMs;
      cancel = this.after(due - this.#now, () => {
        arm();
        task();
      });
    };
    arm();
    return () => {
      cancel();
    };
  }

  /** Runs everything that falls due in the next `ms`, in order, and lets microtasks settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#timers[0]; next !== undefined && next.due <= end; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.due);
      next.task();
      await settle();
    }
    this.#now = end;
  }

  /** Advances step by step until `done()` or `limitMs` has passed; tells whether it was done. */
  async advanceUntil(done: () => boolean, limitMs = 60_000, stepMs = 1): Promise<boolean> {
    const end = this.#now + limitMs;
    await settle();
    while (!done()) {
      if (this.#now >= end) return false;
      await this.advance(stepMs);
    }
    return true;
  }

  /** Timers that are armed: 0 when everything has been cleaned up. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  #insert(timer: Timer): void {
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.due ?? 0) > timer.due) index--;
    this.#timers.splice(index, 0, timer);
  }
}
