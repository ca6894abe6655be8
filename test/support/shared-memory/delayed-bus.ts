import type { Observable } from 'rxjs';
import { InterruptedError } from '../../../src/call/interrupted-error.js';
import { within } from '../../../src/call/within.js';
import {
  type AskOptions,
  type BusEvent,
  type CallBus,
  type CallOwner,
  DeadlineError,
  NoSuchCallError,
  RemoteError,
} from '../../../src/sharing/call-bus.js';
import { type AnswerTo, type CallCommand, deadlineOf } from '../../../src/sharing/call-commands.js';
import { LocalCallBus } from '../../../src/sharing/local-call-bus.js';
import type { SimulatedNetwork } from '../../../src/testing/simulated-network.js';
import type { SharedMemory } from './shared-memory.js';

/** A call whose commands an instance takes. */
export interface Served {
  readonly at: DelayedBus;
  readonly owner: CallOwner;
  readonly stopLocal: () => void;
  isOver: boolean;
}

/** The bus of all instances, as one of them sees it. */
export class DelayedBus implements CallBus {
  /** Commands whose answer another instance owes. */
  pending = 0;
  readonly #local: LocalCallBus;

  constructor(
    private readonly memory: SharedMemory,
    private readonly network: SimulatedNetwork,
  ) {
    this.#local = new LocalCallBus(memory.clock);
  }

  get broadcast$(): Observable<BusEvent> {
    return this.#local.broadcast$;
  }

  serve(callSid: string, owner: CallOwner): () => void {
    const stopLocal = this.#local.serve(callSid, owner);
    const served: Served = { at: this, owner, stopLocal, isOver: false };
    const all = this.memory.served;
    void this.#there(() => {
      const former = all.get(callSid);
      all.set(callSid, served);
      if (former !== undefined && former.at !== this) former.at.#displaced(callSid, former);
    });
    return () => {
      stopLocal();
      served.isOver = true;
      void this.#there(() => all.get(callSid) === served && all.delete(callSid));
    };
  }

  async ask<C extends CallCommand>(
    callSid: string,
    command: C,
    { deadlineMs = deadlineOf(command) }: AskOptions = {},
  ): Promise<AnswerTo<C>> {
    if (this.#local.serves(callSid)) return this.#local.ask(callSid, command, { deadlineMs });
    const { clock } = this.memory;
    const late = () => {
      throw new DeadlineError(`The call did not answer within ${deadlineMs} ms.`);
    };
    this.pending++;
    try {
      const asked = this.#asked(callSid, copy(command), clock.now() + deadlineMs);
      return (await within(asked, deadlineMs, clock, late)) as AnswerTo<C>;
    } finally {
      this.pending--;
    }
  }

  async #asked(callSid: string, command: CallCommand, expires: number): Promise<unknown> {
    const asked = await this.#there(() => {
      const owner = this.memory.servedCall(callSid)?.at;
      return { outcome: owner && owner.#outcome(callSid, command, expires) };
    });
    if (asked.outcome === undefined) throw new NoSuchCallError(callSid);
    const { answer, error } = await asked.outcome;
    await this.#message();
    if (error !== undefined) throw error;
    return answer;
  }

  /** Never rejects. */
  async #outcome(
    callSid: string,
    command: CallCommand,
    expires: number,
  ): Promise<{ answer?: unknown; error?: Error }> {
    await this.#message();
    if (this.memory.clock.now() >= expires) return new Promise(() => undefined); // whoever asked has given up
    const outcome = await this.#local.execute(callSid, command).then(
      (answer) => ({ answer: copy(answer) }),
      (error: unknown) => ({ error: crossed(callSid, error) }),
    );
    await this.#there(() => undefined);
    return outcome;
  }

  async tell(callSid: string, event: BusEvent): Promise<boolean> {
    if (this.#local.serves(callSid)) return this.#local.tell(callSid, event);
    const told = copy(event);
    return this.#there(() => {
      const owner = this.memory.servedCall(callSid)?.at;
      if (owner === undefined) return false;
      void owner.#message().then(() => owner.#local.told(callSid, told));
      return true;
    });
  }

  async broadcast(event: BusEvent): Promise<void> {
    await this.#local.broadcast(event);
    const told = copy(event);
    await this.#there(() => {
      for (const other of this.memory.buses)
        if (other !== this) void other.#message().then(() => other.#local.broadcast(told));
    });
  }

  #displaced(callSid: string, served: Served): void {
    void this.#message().then(() => {
      if (served.isOver) return;
      served.isOver = true;
      served.stopLocal();
      this.#local.displace(callSid, served.owner);
    });
  }

  #there<T>(task: () => T): Promise<T> {
    return this.network.exchange(async () => Promise.resolve(task()));
  }

  /** Resolves when a message that is sent now has come to this instance. */
  #message(): Promise<void> {
    return new Promise((resolve) => {
      this.network.down.send(resolve);
    });
  }
}

/** As JSON lets it through. */
const copy = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

function crossed(callSid: string, error: unknown): Error {
  const { name, message, code, status, problem } = error as RemoteError;
  if (name === 'NoSuchCallError') return new NoSuchCallError(callSid);
  return name === 'InterruptedError'
    ? new InterruptedError(message)
    : new RemoteError(name, message, code, status, problem);
}
