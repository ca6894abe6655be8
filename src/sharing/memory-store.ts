import type { Clock } from '../call/clock.js';
import type { Change, SharedStore } from './shared-store.js';

interface Entry {
  readonly value: string;
  /** On the clock, ms. */
  readonly expires: number;
}

/** Expired entries are looked for at most so often, ms. */
const SWEEP_MS = 10_000;

/** A store for one process; of too many entries the one that was written first is forgotten. */
export class MemoryStore implements SharedStore {
  readonly #clock: Clock;
  readonly #capacity: number;
  /** The one that was written last comes last. */
  readonly #entries = new Map<string, Entry>();
  #sweepAt = -Infinity;

  /** @param capacity most entries */
  constructor(clock: Clock, capacity = 50_000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Entries in memory, expired ones included. */
  get size(): number {
    return this.#entries.size;
  }

  add(key: string, ttlMs: number): Promise<boolean> {
    const isNew = this.#read(key) === undefined;
    if (isNew) this.#write(key, '1', ttlMs);
    return Promise.resolve(isNew);
  }

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.#read(key));
  }

  put(key: string, value: string, ttlMs: number): Promise<void> {
    this.#write(key, value, ttlMs);
    return Promise.resolve();
  }

  take(key: string): Promise<string | undefined> {
    const value = this.#read(key);
    this.#entries.delete(key);
    return Promise.resolve(value);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what `change` throws is to reject
  async update<T>(key: string, ttlMs: number, change: (old: string | undefined) => Change<T>): Promise<T> {
    const old = this.#read(key);
    const { value, result } = change(old);
    if (value === undefined) this.#entries.delete(key);
    else if (value !== old) this.#write(key, value, ttlMs);
    return result;
  }

  #read(key: string): string | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expires > this.#clock.now() ? entry.value : undefined;
  }

  #write(key: string, value: string, ttlMs: number): void {
    this.#entries.delete(key);
    this.#makeRoom();
    this.#entries.set(key, { value, expires: this.#clock.now() + ttlMs });
  }

  #makeRoom(): void {
    const now = this.#clock.now();
    if (now >= this.#sweepAt) {
      this.#sweepAt = now + SWEEP_MS;
      for (const [key, { expires }] of this.#entries) if (expires <= now) this.#entries.delete(key);
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size < this.#capacity) return;
      this.#entries.delete(key);
    }
  }
}
