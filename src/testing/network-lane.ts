import type { Clock } from '../call/clock.js';
import { seededRandom, type Random } from './random.js';

/** One direction of a network: in order, with delay and jitter. */
export interface LaneOptions {
  /** One-way delay, ms. */
  readonly delayMs?: number;
  /** The delay varies evenly within plus or minus this, ms. */
  readonly jitterMs?: number;
  readonly random?: Random;
}

/**
 * One direction of a TCP connection: messages are late, but never lost and never out of order. What is sent in the
 * same instant travels in one segment and arrives together.
 */
export class NetworkLane<T> {
  readonly #clock: Clock;
  readonly #deliver: (message: T) => void;
  readonly #delayMs: number;
  readonly #jitterMs: number;
  readonly #random: Random;
  readonly #inFlight: { readonly message: T }[] = [];
  #lastArrival = 0;
  #drawnAt = Number.NaN;
  #drawnMs = 0;
  #stalledUntil = 0;

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
    const arrival = Math.max(this.#lastArrival, this.#stalledUntil, now + this.#delayAt(now));
    this.#lastArrival = arrival;
    if (arrival <= now && this.#inFlight.length === 0) {
      this.#deliver(message);
      return;
    }
    this.#inFlight.push({ message });
    this.#clock.after(arrival - now, () => {
      this.#deliverNext();
    });
  }

  #delayAt(now: number): number {
    if (now !== this.#drawnAt) {
      this.#drawnAt = now;
      this.#drawnMs = Math.max(0, this.#delayMs + (2 * this.#random() - 1) * this.#jitterMs);
    }
    return this.#drawnMs;
  }

  /** Nothing that is sent from now on arrives within `ms`; what is on its way is not held up. */
  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#clock.now() + this.#delayMs + ms);
  }

  /** Real timers with fractional delays may fire out of order; whichever fires takes the oldest message. */
  #deliverNext(): void {
    const next = this.#inFlight.shift();
    if (next !== undefined) this.#deliver(next.message);
  }
}
