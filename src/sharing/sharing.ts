import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { EMPTY, type Observable, Subject } from 'rxjs';
import { type BusEvent, CALL_BUS, type CallBus } from './call-bus.js';
import { CALL_DIRECTORY, type CallDirectory } from './call-directory.js';
import { SHARED_STORE, type SharedStore } from './shared-store.js';
import { SharingUnavailableError } from './sharing-errors.js';
import { ALONE, SHARING_STATUS, type SharingStatus } from './sharing-status.js';

/** What is told of audio is of no use later, ms. */
const NOW_MS = 2_000;

/** What several instances share. */
export interface Shared {
  readonly store: SharedStore;
  readonly directory: CallDirectory;
  readonly bus: CallBus;
}

/**
 * Whether there is anybody to share with, and the way to the instance that a call's stream is at. A process that is
 * alone keeps to its own memory, without a detour.
 */
@Injectable()
export class Sharing implements OnModuleInit, OnApplicationShutdown {
  /** Undefined: this process is alone. */
  readonly shared: Shared | undefined;
  readonly #status: SharingStatus;
  readonly #told = new Subject<BusEvent>();
  #stop: () => void = () => undefined;

  constructor(
    @Optional() @Inject(SHARING_STATUS) status: SharingStatus = ALONE,
    @Optional() @Inject(SHARED_STORE) store?: SharedStore,
    @Optional() @Inject(CALL_DIRECTORY) directory?: CallDirectory,
    @Optional() @Inject(CALL_BUS) bus?: CallBus,
  ) {
    const isAlone = status === ALONE || store === undefined || directory === undefined || bus === undefined;
    this.#status = status;
    this.shared = isAlone ? undefined : { store, directory, bus };
  }

  /** Whether new calls are to be let in though the others cannot be reached. */
  get acceptsCalls(): boolean {
    return this.#status.acceptsCalls;
  }

  /** This instance, among all of them; undefined: it is alone. */
  get instance(): string | undefined {
    return this.shared?.directory.instance;
  }

  /** What other instances tell this one of its calls. */
  get told$(): Observable<BusEvent> {
    return this.#told.asObservable();
  }

  /** What is told to every instance, by this one too. */
  get broadcast$(): Observable<BusEvent> {
    return this.shared?.bus.broadcast$ ?? EMPTY;
  }

  onModuleInit(): void {
    const { shared } = this;
    if (shared === undefined) return;
    const told = (event: BusEvent) => {
      this.#told.next(event);
    };
    const execute = () => Promise.reject(new Error('An instance takes no commands, only its calls do.'));
    this.#stop = shared.bus.serve(inbox(shared.directory.instance), { told, execute });
  }

  onApplicationShutdown(): void {
    this.#stop();
  }

  /**
   * Tells the instance that the call's stream is at, once.
   * @returns which one that is; undefined where it is this one, or none, or cannot be reached: then nobody was told, as
   * far as is known
   */
  async tellOwner(callSid: string, event: BusEvent): Promise<string | undefined> {
    const { shared } = this;
    if (shared === undefined) return undefined;
    const { bus, directory } = shared;
    return orWhenAway(async () => {
      const owner = await directory.find(callSid);
      if (owner === undefined || owner.instance === directory.instance) return undefined;
      return (await bus.tell(inbox(owner.instance), event)) ? owner.instance : undefined;
    }, undefined);
  }

  /**
   * Tells an instance something that is of use only now, such as audio.
   * @returns false where it is gone, or cannot be reached
   */
  async tellInstance(instance: string, event: BusEvent): Promise<boolean> {
    const { shared } = this;
    if (shared === undefined) return false;
    return orWhenAway(() => shared.bus.tell(inbox(instance), event, { lastsMs: NOW_MS }), false);
  }

  /** Tells every instance that can be reached, this one at once. */
  async broadcast(event: BusEvent): Promise<void> {
    const { shared } = this;
    if (shared !== undefined) await orWhenAway(() => shared.bus.broadcast(event), undefined);
  }
}

/** Where an instance is told of its calls: an address on the bus as that of a call. */
const inbox = (instance: string): string => `instance ${instance}`;

/** What comes of the task, or something else while what is shared cannot be reached. */
export async function orWhenAway<T, E>(task: () => Promise<T>, instead: E): Promise<T | E> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof SharingUnavailableError) return instead;
    throw error;
  }
}
