import type { CallDirectory, CallFacts, DirectoryEntry } from '../../../src/sharing/call-directory.js';
import { MemoryDirectory } from '../../../src/sharing/memory-directory.js';
import type { SimulatedNetwork } from '../../../src/testing/simulated-network.js';
import type { SharedMemory } from './shared-memory.js';

/** The directory of all instances, as one of them sees it. */
export class DelayedDirectory implements CallDirectory {
  readonly #own: MemoryDirectory;
  readonly #told = new Map<string, DirectoryEntry>();

  constructor(
    private readonly memory: SharedMemory,
    private readonly network: SimulatedNetwork,
    readonly instance: string,
  ) {
    this.#own = new MemoryDirectory(memory.clock, instance);
    memory.entries.set(instance, this.#told);
  }

  get ownCount(): number {
    return this.#own.ownCount;
  }

  async enter(callSid: string, facts: CallFacts = {}): Promise<void> {
    await this.#own.enter(callSid, facts);
    const entry = this.#own.own(callSid);
    if (entry !== undefined) await this.#there(() => this.#told.set(callSid, entry));
  }

  async leave(callSid: string): Promise<void> {
    await this.#own.leave(callSid);
    await this.#there(() => this.#told.delete(callSid));
  }

  async find(callSid: string): Promise<DirectoryEntry | undefined> {
    return this.#own.own(callSid) ?? this.#there(() => this.memory.found(callSid));
  }

  list(): Promise<DirectoryEntry[]> {
    return this.#there(() => this.memory.listed());
  }

  count(): Promise<number> {
    return this.#there(() => [...this.memory.entries.values()].reduce((sum, { size }) => sum + size, 0));
  }

  instances(): Promise<string[]> {
    return this.#there(() => [...this.memory.entries.keys()]);
  }

  #there<T>(task: () => T): Promise<T> {
    return this.network.exchange(() => Promise.resolve(task()));
  }
}
