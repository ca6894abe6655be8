import type { CancelTimer, Clock } from '../call/clock.js';
import { SystemClock } from '../call/system-clock.js';

/** Real time in which everything happens faster: for tests with real sockets, which virtual time cannot drive. */
export class ScaledClock implements Clock {
  readonly #base = new SystemClock();
  readonly #speed: number;

  /** @param speed ms of this clock per real ms; timers are late by about `speed` ms */
  constructor(speed: number) {
    this.#speed = speed;
  }

  now(): number {
    return this.#base.now() * this.#speed;
  }

  epoch(): number {
    return this.#base.epoch();
  }

  after(delayMs: number, task: () => void): CancelTimer {
    return this.#base.after(delayMs / this.#speed, task);
  }

  every(periodMs: number, task: () => void): CancelTimer {
    return this.#base.every(periodMs / this.#speed, task);
  }

  /** Resolves `ms` of this clock later. */
  pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }
}
