import { setImmediate, setTimeout } from 'node:timers/promises';
import type { CancelTimer, Clock } from '../call/clock.js';
import { SystemClock } from '../call/system-clock.js';

/** As much real time counts between two looks at the sockets: what came while the process stood still is not late. */
const MOST_MS = 5;

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

/**
 * Real time in which everything happens faster: for tests with real sockets, which virtual time cannot drive.
 * It stands still while its process does, so that a busy machine makes a test slower, and nothing in it late.
 */
export class ScaledClock implements Clock {
  readonly #base = new SystemClock();
  readonly #speed: number;
  readonly #timers: Timer[] = [];
  #isRunning = false;
  #seenAt = this.#base.now();
  #now: number;

  /** @param speed ms of this clock per real ms; it goes in steps of about as much */
  constructor(speed: number) {
    this.#speed = speed;
    this.#now = this.#seenAt * speed;
  }

  now(): number {
    if (!this.#isRunning) this.#now += this.#passed() * this.#speed; // nothing is due, so nothing can be late
    return this.#now;
  }

  epoch(): number {
    return this.#base.epoch();
  }

  after(delayMs: number, task: () => void): CancelTimer {
    const timer = { due: this.now() + Math.max(0, delayMs), task };
    const later = this.#timers.findIndex(({ due }) => due > timer.due);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    if (!this.#isRunning) void this.#run();
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  every(periodMs: number, task: () => void): CancelTimer {
    let due = this.now();
    let cancel: CancelTimer;
    const arm = () => {
      due += periodMs;
      cancel = this.after(due - this.now(), () => {
        arm();
        task();
      });
    };
    arm();
    return () => {
      cancel();
    };
  }

  /** Resolves `ms` of this clock later. */
  pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Goes on as long as there are timers. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#timers.length > 0) {
      await setTimeout(1);
      await this.#step(Math.min(this.#passed(), MOST_MS) * this.#speed);
    }
    this.#passed();
    this.#isRunning = false;
  }

  async #step(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let next = this.#timers[0]; next !== undefined && next.due <= end; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.due);
      next.task();
      await setImmediate();
    }
    this.#now = end;
  }

  /** Real ms since this was last asked. */
  #passed(): number {
    const before = this.#seenAt;
    this.#seenAt = this.#base.now();
    return this.#seenAt - before;
  }
}
