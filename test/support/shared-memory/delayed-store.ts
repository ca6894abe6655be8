import type { Change, SharedStore } from '../../../src/sharing/shared-store.js';
import type { SimulatedNetwork } from '../../../src/testing/simulated-network.js';
import type { SharedMemory } from './shared-memory.js';

/** The store of all instances, as one of them sees it. */
export class DelayedStore implements SharedStore {
  constructor(
    private readonly memory: SharedMemory,
    private readonly network: SimulatedNetwork,
  ) {}

  add(key: string, ttlMs: number): Promise<boolean> {
    return this.network.exchange(() => this.memory.store.add(key, ttlMs));
  }

  get(key: string): Promise<string | undefined> {
    return this.network.exchange(() => this.memory.store.get(key));
  }

  put(key: string, value: string, ttlMs: number): Promise<void> {
    return this.network.exchange(() => this.memory.store.put(key, value, ttlMs));
  }

  take(key: string): Promise<string | undefined> {
    return this.network.exchange(() => this.memory.store.take(key));
  }

  /** Changed here and written there, if no other one came first: then it is asked again. */
  async update<T>(key: string, ttlMs: number, change: (old: string | undefined) => Change<T>): Promise<T> {
    for (let old = await this.get(key); ;) {
      const { value, result } = change(old);
      if (value === old) return result;
      const expected = old;
      old = await this.network.exchange(() =>
        this.memory.store.update(key, ttlMs, (now) => ({
          value: now === expected ? value : now,
          result: now,
        })),
      );
      if (old === expected) return result;
    }
  }
}
