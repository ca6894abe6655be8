import type { Observable } from 'rxjs';
import type { AnswerTo, CallCommand } from './call-commands.js';
import { SharingUnavailableError } from './sharing-errors.js';

/** Something told to the owner of a call, or to everybody: plain JSON. */
export interface BusEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The instance that a call's stream is at, for commands from all others. */
export interface CallOwner {
  /**
   * @returns what the one who asked gets: plain JSON
   * @throws (rejects) an error; its name, message and code cross to the one who asked
   */
  execute(command: CallCommand): unknown;
  /** Something is told of the call. */
  told?(event: BusEvent): void;
  /** Another one serves the call from now on: this one gets no more commands. */
  displaced?(): void;
}

/** How long an answer of a call's owner is waited for. */
export interface AskOptions {
  /** The answer is waited for so long, ms; default: 120,000 where something has to be heard first, else 5,000. */
  readonly deadlineMs?: number;
}

/** For how long something told is worth telling. */
export interface TellOptions {
  /** It is not told any later, ms; default: 60,000. */
  readonly lastsMs?: number;
}

/**
 * Carries commands to the owner of a call, wherever it is. An owner in this process is reached directly, whatever is
 * away. A command is executed once or not at all, and never after its deadline; for the moment in which a call passes
 * from one owner to another, both may execute it.
 */
export interface CallBus {
  /** Takes the commands of a call. @returns ends it; again, it does nothing */
  serve(callSid: string, owner: CallOwner): () => void;
  /**
   * Asks the owner of a call.
   * @throws (rejects) NoSuchCallError at once when nobody serves the call; BusUnavailableError at once when that cannot
   * be known, or the owner cannot be reached; DeadlineError; the owner's error: of another instance as a RemoteError, an
   * InterruptedError as itself
   */
  ask<C extends CallCommand>(callSid: string, command: C, options?: AskOptions): Promise<AnswerTo<C>>;
  /**
   * Tells the owner of a call something, once, within a minute or as {@link TellOptions} say, or not at all.
   * @returns whether somebody serves the call
   * @throws (rejects) BusUnavailableError
   */
  tell(callSid: string, event: BusEvent, options?: TellOptions): Promise<boolean>;
  /**
   * Tells every instance, this one included.
   * @throws (rejects) BusUnavailableError when only this one could be told
   */
  broadcast(event: BusEvent): Promise<void>;
  /** What is told to every instance. */
  readonly broadcast$: Observable<BusEvent>;
}

/** DI token of the {@link CallBus}. */
export const CALL_BUS = Symbol('CALL_BUS');

/** Nobody serves that call: it is over, or was never there. */
export class NoSuchCallError extends Error {
  override readonly name = 'NoSuchCallError';

  constructor(readonly callSid: string) {
    super('There is no such call.');
  }
}

/** The owner did not answer in time; the command may have been executed, but will not be any more. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** The owner of a call cannot be reached now. */
export class BusUnavailableError extends SharingUnavailableError {
  override readonly name = 'BusUnavailableError';
}

/** An error of the call's owner, in another instance: its `name`, and what else is set, is that of the error there. */
export class RemoteError extends Error {
  override readonly name: string;

  constructor(
    name: string,
    message: string,
    readonly code?: string | number,
    readonly status?: number,
    readonly problem?: string,
  ) {
    super(message);
    this.name = name;
  }
}
