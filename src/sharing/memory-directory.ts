import type { Clock } from '../call/clock.js';
import type { CallDirectory, CallFacts, DirectoryEntry } from './call-directory.js';

/** The directory of the only instance there is. */
export class MemoryDirectory implements CallDirectory {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #entries = new Map<string, DirectoryEntry>();

  /** @param capacity most calls; beyond it the oldest is no longer listed */
  constructor(
    clock: Clock,
    readonly instance = 'local',
    capacity = 50_000,
  ) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  get ownCount(): number {
    return this.#entries.size;
  }

  enter(callSid: string, facts: CallFacts = {}): Promise<void> {
    this.#entries.delete(callSid);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#capacity) this.#entries.delete(oldest);
    this.#entries.set(callSid, { callSid, instance: this.instance, since: this.#clock.epoch(), facts });
    return Promise.resolve();
  }

  leave(callSid: string): Promise<void> {
    this.#entries.delete(callSid);
    return Promise.resolve();
  }

  find(callSid: string): Promise<DirectoryEntry | undefined> {
    return Promise.resolve(this.own(callSid));
  }

  list(): Promise<DirectoryEntry[]> {
    return Promise.resolve(this.ownEntries());
  }

  count(): Promise<number> {
    return Promise.resolve(this.#entries.size);
  }

  instances(): Promise<string[]> {
    return Promise.resolve([this.instance]);
  }

  /** A call of this instance. */
  own(callSid: string): DirectoryEntry | undefined {
    return this.#entries.get(callSid);
  }

  /** The calls of this instance. */
  ownEntries(): DirectoryEntry[] {
    return [...this.#entries.values()];
  }
}
