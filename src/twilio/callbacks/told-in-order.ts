import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';

/** What one instance tells comes to another one within that time, or never, ms. */
const HOLD_MS = 1_000;
/** Waited longer for each further one, ms: of two instances, that with the earlier telling goes on first. */
const STEP_MS = 250;

/** Something that is told of a call. */
export interface Told {
  /** Its place among what is told of the call, from 0; undefined: it has none, and waits for nothing. */
  readonly first: number | undefined;
  /** How many places it takes; a half: another telling takes the other half. */
  readonly count: number;
  readonly emit: () => void;
}

type Held = Told & { readonly first: number };

/** Several instances may tell of one call: lets that through in its order. What is missing is waited for a moment. */
export class ToldInOrder {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  #held: Held[] = [];
  #next = 0;
  /** Since when the next one is waited for, ms. */
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
  }

  add({ first, count, emit }: Told): void {
    if (first === undefined) {
      emit();
      return;
    }
    if (this.#held.length === 0) this.#since = this.#clock.now();
    this.#held.push({ first, count, emit });
    this.#held.sort((a, b) => a.first - b.first);
    this.#release();
  }

  /** What is held is let through now. */
  stop(): void {
    this.#alarm.stop();
    for (const { emit } of this.#held.splice(0)) emit();
  }

  #release(): void {
    for (let [told] = this.#held; told !== undefined && told.first <= this.#next; [told] = this.#held)
      this.#letOut(told);
    this.#alarm.stop();
    const [missed] = this.#held;
    if (missed === undefined) return;
    const missing = Math.ceil(missed.first - this.#next);
    const dueAt = this.#since + HOLD_MS + STEP_MS * (missing - 1);
    this.#alarm.set(dueAt - this.#clock.now(), () => {
      this.#reach(missed.first);
      this.#release();
    });
  }

  #letOut({ first, count, emit }: Held): void {
    this.#held.shift();
    this.#reach(first + count);
    emit();
  }

  #reach(next: number): void {
    if (next <= this.#next) return;
    this.#next = next;
    this.#since = this.#clock.now();
  }
}
