import type { Clock } from '../../call/clock.js';
import { digest } from '../../sharing/shared-store.js';
import { orWhenAway, type Sharing } from '../../sharing/sharing.js';
import { ExpiringKeys } from './expiring-keys.js';

/**
 * Keys that every instance knows for a while. This process's memory comes first; a process that is alone answers at
 * once, by that only, and so does one that cannot reach the others.
 */
export class SharedKeys {
  readonly #local: ExpiringKeys;
  readonly #sharing: Sharing;
  readonly #ttlMs: number;
  readonly #name: string;

  /**
   * @param name of the set: no other one may have it
   * @param capacity most keys in this process's memory
   */
  constructor(sharing: Sharing, clock: Clock, name: string, ttlMs: number, capacity: number) {
    this.#local = new ExpiringKeys(clock, ttlMs, capacity);
    this.#sharing = sharing;
    this.#ttlMs = ttlMs;
    this.#name = name;
  }

  has(key: string): boolean | Promise<boolean> {
    if (this.#local.has(key)) return true;
    const { shared } = this.#sharing;
    if (shared === undefined) return false;
    return orWhenAway(async () => (await shared.store.get(this.#key(key))) !== undefined, false);
  }

  /** Whether it is known in this process's memory. */
  hasHere(key: string): boolean {
    return this.#local.has(key);
  }

  /** @returns false if the key is known already */
  add(key: string): boolean | Promise<boolean> {
    if (!this.#local.add(key)) return false;
    const { shared } = this.#sharing;
    return shared === undefined || orWhenAway(() => shared.store.add(this.#key(key), this.#ttlMs), true);
  }

  #key(key: string): string {
    return `${this.#name}:${digest(key)}`;
  }
}
