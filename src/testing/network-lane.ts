import type { Clock } from '../call/clock.js';
import { seededRandom, type Random } from './random.js';

export interface LaneOptions {
  /** One-way delay, ms. */
  readonly delayMs?: number;
  /** The delay varies evenly within plus or minus this, ms. */
  readonly jitterMs?: number;
  readonly random?: Random;
}

/** One direction of a TCP connection: messages are late, but never lost and never out of order. */
export class NetworkLane<T> {
  readonly #clock: Clock;
  readonly #deliver: (message: T) => void;
  readonly #delayMs: number;
  readonly #jitterMs: number;
  readonly #random: Random;
  #lastArrival = 0;
  #stalledUntil = 0;
  #inFlight = 0;

  constructor(clock: Clock, options: LaneOptions, deliver: (message: T) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
    this.#delayMs = options.delayMs ?? 0;
    this.#jitterMs = options.jitterMs ?? 0;
    this.#random = options.random ?? seededRandom(1);
  }

  /** Without any delay the message arrives at once, in the sender's own call: the hardest case for re-entrance. */
  send(message: T): void {
    const now = this.#clock.now();
    const delay = this.#delayMs + (2 * this.#random() - 1) * this.#jitterMs;
    const arrival = Math.max(this.#lastArrival, this.#stalledUntil, now + Math.max(0, delay));
    this.#lastArrival = arrival;
    if (arrival <= now && this.#inFlight === 0) {
      this.#deliver(message);
      return;
    }
    this.#inFlight++;
    this.#clock.after(arrival - now, () => {
      this.#inFlight--;
      this.#deliver(message);
    });
  }

  /** Nothing that is sent from now on arrives within `ms`; what is on its way is not held up. */
  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#clock.now() + this.#delayMs + ms);
  }
}
