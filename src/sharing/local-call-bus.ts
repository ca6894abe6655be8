import { Logger } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { Clock } from '../call/clock.js';
import { within } from '../call/within.js';
import {
  type AskOptions,
  type BusEvent,
  BusUnavailableError,
  type CallBus,
  type CallOwner,
  DeadlineError,
  NoSuchCallError,
} from './call-bus.js';
import { type AnswerTo, type CallCommand, deadlineOf } from './call-commands.js';

/** The bus of the only instance there is, and the short way to the calls of this one. */
export class LocalCallBus implements CallBus {
  readonly #logger = new Logger('TwilioVoice');
  readonly #clock: Clock;
  readonly #maxPending: number;
  readonly #owners = new Map<string, { readonly owner: CallOwner }>();
  readonly #broadcast = new Subject<BusEvent>();
  #pending = 0;

  /** @param maxPending most commands whose answer is waited for; beyond it they are refused */
  constructor(clock: Clock, maxPending = 10_000) {
    this.#clock = clock;
    this.#maxPending = maxPending;
  }

  get broadcast$(): Observable<BusEvent> {
    return this.#broadcast.asObservable();
  }

  /** Calls that are served here. */
  get size(): number {
    return this.#owners.size;
  }

  /** Commands whose answer is waited for. */
  get pending(): number {
    return this.#pending;
  }

  serves(callSid: string): boolean {
    return this.#owners.has(callSid);
  }

  serve(callSid: string, owner: CallOwner): () => void {
    const former = this.#owners.get(callSid);
    const served = { owner };
    this.#owners.set(callSid, served);
    if (former !== undefined) this.displace(callSid, former.owner);
    return () => {
      if (this.#owners.get(callSid) === served) this.#owners.delete(callSid);
    };
  }

  async ask<C extends CallCommand>(
    callSid: string,
    command: C,
    { deadlineMs = deadlineOf(command) }: AskOptions = {},
  ): Promise<AnswerTo<C>> {
    if (this.#pending >= this.#maxPending) throw new BusUnavailableError('Too many commands are pending.');
    const late = () => {
      throw new DeadlineError(`The call did not answer within ${deadlineMs} ms.`);
    };
    this.#pending++;
    try {
      return (await within(this.execute(callSid, command), deadlineMs, this.#clock, late)) as AnswerTo<C>;
    } finally {
      this.#pending--;
    }
  }

  tell(callSid: string, event: BusEvent): Promise<boolean> {
    return Promise.resolve(this.told(callSid, event));
  }

  broadcast(event: BusEvent): Promise<void> {
    this.#broadcast.next(event);
    return Promise.resolve();
  }

  /** Executes a command, without a deadline; begins at once. @throws (rejects) as {@link ask} */
  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown is to reject
  async execute(callSid: string, command: CallCommand): Promise<unknown> {
    const served = this.#owners.get(callSid);
    if (served === undefined) throw new NoSuchCallError(callSid);
    return served.owner.execute(command);
  }

  /** @returns whether the call is served here */
  told(callSid: string, event: BusEvent): boolean {
    const served = this.#owners.get(callSid);
    if (served === undefined) return false;
    this.#guarded(callSid, () => served.owner.told?.(event));
    return true;
  }

  /** Tells an owner that it is one no longer. */
  displace(callSid: string, owner: CallOwner): void {
    this.#guarded(callSid, () => owner.displaced?.());
  }

  /** Whoever tells something is not to suffer from who listens. */
  #guarded(callSid: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      const { name } = Object(error) as { name?: unknown };
      this.#logger.error(
        `Call ${callSid}: its owner threw ${typeof name === 'string' ? name : typeof error}`,
      );
    }
  }
}
