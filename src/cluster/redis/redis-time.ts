import type { Clock } from '../../call/clock.js';

/** An answer that took longer tells the time too vaguely, ms. */
const VAGUE_MS = 100;

/**
 * The time of Redis, by which all instances agree whatever their own clocks say; until Redis has told it, the wall clock.
 */
export class RedisTime {
  readonly #clock: Clock;
  #offsetMs: number;
  #isTold = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.epoch() - clock.now();
  }

  /** Ms since 1970, with fractions. */
  now(): number {
    return this.#clock.now() + this.#offsetMs;
  }

  /**
   * @param told the answer to `TIME`: seconds and microseconds
   * @param askedAtMs on the clock
   */
  told(told: unknown, askedAtMs: number): void {
    if (!Array.isArray(told)) return;
    const now = this.#clock.now();
    if (this.#isTold && now - askedAtMs > VAGUE_MS) return;
    const redisMs = Number(told[0]) * 1_000 + Number(told[1]) / 1_000;
    if (!Number.isFinite(redisMs)) return;
    this.#isTold = true;
    this.#offsetMs = redisMs - (askedAtMs + now) / 2;
  }
}
