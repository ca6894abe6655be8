import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';

/** What one instance tells comes to another one within that time, or never, ms. */
const HOLD_MS = 1_000;

/** Something that is told of a call. */
export interface Told {
  /** Its place among what is told of the call, from 0; undefined: it has none, and waits for nothing. */
  readonly first: number | undefined;
  /** How many places it takes; 0: another telling takes them. */
  readonly count: number;
  readonly emit: () => void;
}

/** Several instances may tell of one call: lets that through in its order. What is missing is waited for a moment. */
export class ToldInOrder {
  readonly #alarm: Alarm;
  #held: (Told & { readonly first: number })[] = [];
  #next = 0;

  constructor(clock: Clock) {
    this.#alarm = new Alarm(clock);
  }

  add({ first, count, emit }: Told): void {
    if (first === undefined) {
      emit();
      return;
    }
    this.#held.push({ first, count, emit });
    this.#held.sort((a, b) => a.first - b.first);
    this.#release();
  }

  stop(): void {
    this.#alarm.stop();
    this.#held = [];
  }

  #release(): void {
    for (let [told] = this.#held; told !== undefined && told.first <= this.#next; [told] = this.#held)
      this.#letOut(told);
    if (this.#held.length === 0) this.#alarm.stop();
    else if (!this.#alarm.isSet)
      this.#alarm.set(HOLD_MS, () => {
        const [missed] = this.#held;
        this.#next = Math.max(this.#next, missed?.first ?? 0);
        this.#release();
      });
  }

  #letOut({ first, count, emit }: Told & { readonly first: number }): void {
    this.#held.shift();
    this.#next = Math.max(this.#next, first + count);
    emit();
  }
}
