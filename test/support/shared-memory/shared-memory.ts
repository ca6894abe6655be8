import type { Provider } from '@nestjs/common';
import type { Clock } from '../../../src/call/clock.js';
import { BusUnavailableError, CALL_BUS } from '../../../src/sharing/call-bus.js';
import { CALL_DIRECTORY, type DirectoryEntry } from '../../../src/sharing/call-directory.js';
import { MemoryStore } from '../../../src/sharing/memory-store.js';
import { SHARED_STORE } from '../../../src/sharing/shared-store.js';
import type { Shared } from '../../../src/sharing/sharing.js';
import { ALONE, SHARING_STATUS } from '../../../src/sharing/sharing-status.js';
import { SimulatedNetwork } from '../../../src/testing/simulated-network.js';
import { DelayedBus, type Served } from './delayed-bus.js';
import { DelayedDirectory } from './delayed-directory.js';
import { DelayedStore } from './delayed-store.js';

/** From an instance to what is shared, or back: little, and never the same. */
const LATENCY = { delayMs: 0.3, jitterMs: 0.25 };

/**
 * What several instances share, in memory and on any clock: as with a Redis, each operation and each message takes a
 * moment, those of one instance keep their order, and those of two run a race.
 */
export class SharedMemory {
  readonly store: MemoryStore;
  /** The calls of each instance, as far as it has told. */
  readonly entries = new Map<string, Map<string, DirectoryEntry>>();
  readonly served = new Map<string, Served>();
  readonly buses: DelayedBus[] = [];

  /** @param seed of the latency */
  constructor(
    readonly clock: Clock,
    private readonly seed = 1,
  ) {
    this.store = new MemoryStore(clock);
  }

  /** What one more instance has of it. */
  instance(): Shared {
    const name = `instance-${this.buses.length + 1}`;
    const network = new SimulatedNetwork(this.clock, {
      up: LATENCY,
      down: LATENCY,
      seed: this.seed * 101 + this.buses.length,
    });
    const [store, directory] = [new DelayedStore(this, network), new DelayedDirectory(this, network, name)];
    const bus = new DelayedBus(this, network);
    this.buses.push(bus);
    return { store, directory, bus };
  }

  /** As an instance of the module has it. */
  providers(): Provider[] {
    const { store, directory, bus } = this.instance();
    return [
      { provide: SHARED_STORE, useValue: store },
      { provide: CALL_DIRECTORY, useValue: directory },
      { provide: CALL_BUS, useValue: bus },
      { provide: SHARING_STATUS, useValue: { ...ALONE } },
    ];
  }

  /** The calls of all instances; one that went on elsewhere may be there twice for a moment. */
  listed(): DirectoryEntry[] {
    const all = [...this.entries.values()].flatMap((entries) => [...entries.values()]);
    all.sort((a, b) => a.since - b.since);
    return [...new Map(all.map((entry) => [entry.callSid, entry])).values()];
  }

  found(callSid: string): DirectoryEntry | undefined {
    return this.listed().find((entry) => entry.callSid === callSid);
  }

  /** @throws BusUnavailableError when only the directory knows the call */
  servedCall(callSid: string): Served | undefined {
    const served = this.served.get(callSid);
    if (served === undefined && this.found(callSid) !== undefined)
      throw new BusUnavailableError('The instance of that call cannot be reached now.');
    return served;
  }
}
