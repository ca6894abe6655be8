import type { Clock } from '../../call/clock.js';

/** Remembers keys for a while; of too many the oldest are forgotten. */
export class ExpiringKeys {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #capacity: number;
  /** Key and when it expires, oldest first. */
  readonly #keys = new Map<string, number>();

  constructor(clock: Clock, ttlMs: number, capacity: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return (this.#keys.get(key) ?? -Infinity) > this.#clock.now();
  }

  /** @returns false if the key is known already */
  add(key: string): boolean {
    this.#forget();
    if (this.#keys.has(key)) return false;
    this.#keys.set(key, this.#clock.now() + this.#ttlMs);
    return true;
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [key, expires] of this.#keys) {
      if (expires > now && this.#keys.size < this.#capacity) return;
      this.#keys.delete(key);
    }
  }
}
