import { Alarm } from '../alarm.js';
import type { Clock } from '../clock.js';
import { PressedKeys } from './pressed-keys.js';
import type { SensitiveKeys } from './sensitive.js';

/** Speech that began before a stretch ended is found to be speech so much later, ms. */
const NOTICED_MS = 300;
/** A key that follows another so soon is one more of the same number, ms. */
const NEXT_KEY_MS = 1_000;

export interface DiscretionListener {
  /** From now on nothing of the caller's may leave the process. */
  began(): void;
  /** The caller may be heard again. */
  ended(): void;
}

/**
 * When a call is not listened to. A stretch begins with its task and ends when the task has, and what the caller was
 * saying or keying with it: half a number is not to be told either.
 */
export class Discretion {
  readonly #clock: Clock;
  readonly #listener: DiscretionListener;
  readonly #stretches: PressedKeys[] = [];
  readonly #end: Alarm;
  #withholds = false;
  #hasBegun = false;
  #speaking = false;
  /** The caller spoke while nothing was told. */
  #spoken = false;
  #lastKeyAt = -Infinity;
  #closed = false;

  constructor(clock: Clock, listener: DiscretionListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#end = new Alarm(clock);
  }

  /** Whether a task is running: what is said meanwhile is not told. */
  get running(): boolean {
    return this.#stretches.length > 0;
  }

  /** Whether there was a stretch in this call: errors may hold anything from then on. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** @throws (rejects) what the task throws; Error when the call is over */
  async during<T>(task: (keys: SensitiveKeys) => T | Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('sensitive: the call is over.');
    const keys = new PressedKeys(this.#clock);
    this.#begin(keys);
    try {
      return await task(keys);
    } finally {
      this.#over(keys);
    }
  }

  /** The caller begins or ceases to speak. */
  speaking(speaking: boolean): void {
    this.#speaking = speaking;
    if (this.#withholds && speaking) this.#spoken = true;
    if (!speaking) this.#endIfQuiet();
  }

  /** @returns whether the key belongs to a stretch, and to nobody else */
  key(digit: string): boolean {
    const now = this.#clock.now();
    if (!this.running && now - this.#lastKeyAt >= NEXT_KEY_MS) return false;
    this.#lastKeyAt = now;
    this.#stretches.at(-1)?.press(digit);
    return true;
  }

  /** The caller's turn is over. @returns whether any of it is not to be told */
  turn(): boolean {
    const spoken = this.#spoken;
    this.#spoken = this.#withholds && this.#speaking;
    return spoken;
  }

  /** The call is over. */
  close(): void {
    this.#closed = true;
    this.#end.stop();
    for (const keys of this.#stretches) keys.close();
  }

  #begin(keys: PressedKeys): void {
    this.#stretches.push(keys);
    this.#hasBegun = true;
    this.#end.stop();
    if (this.#speaking) this.#spoken = true;
    if (this.#withholds) return;
    this.#withholds = true;
    this.#listener.began();
  }

  #over(keys: PressedKeys): void {
    keys.close();
    this.#stretches.splice(this.#stretches.indexOf(keys), 1);
    if (this.running || this.#closed) return;
    this.#end.set(NOTICED_MS, () => {
      this.#endIfQuiet();
    });
  }

  #endIfQuiet(): void {
    if (!this.#withholds || this.running || this.#end.isSet || this.#speaking || this.#closed) return;
    this.#withholds = false;
    this.#listener.ended();
  }
}
