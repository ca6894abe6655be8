import type { CancelTimer, Clock } from './clock.js';

/** One timer that is set again and again. */
export class Alarm {
  readonly #clock: Clock;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isSet(): boolean {
    return this.#cancel !== undefined;
  }

  /** Takes the place of what was set before. */
  set(ms: number, task: () => void): void {
    this.stop();
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined;
      task();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
