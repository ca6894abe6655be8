import { Inject, Injectable } from '@nestjs/common';
import { InterruptedError } from '../call/interrupted-error.js';
import { Tally } from '../metrics/tally.js';
import { type AskOptions, CALL_BUS, type CallBus, DeadlineError, NoSuchCallError } from './call-bus.js';
import type { AnswerTo, CallCommand } from './call-commands.js';
import { CALL_DIRECTORY, type CallDirectory, type DirectoryEntry } from './call-directory.js';
import { type CallHandle, callHandle } from './call-handle.js';
import { SharingUnavailableError } from './sharing-errors.js';

/** A call in progress, at whichever instance. */
export interface LiveCall {
  readonly callSid: string;
  /** The instance that has its stream. */
  readonly instance: string;
  /** When the stream started, ms since 1970, by the clock of that instance. */
  readonly startedAt: number;
  /** Class of the agent that answers it. */
  readonly agent?: string;
  /** `inbound` or `outbound-api`, where the webhook told. */
  readonly direction?: string;
}

/** What became of a command. */
export type CommandOutcome = 'done' | 'interrupted' | 'no-such-call' | 'deadline' | 'unavailable' | 'failed';

/** No answer takes longer, ms. */
const LONGEST_MS = 3_600_000;

/**
 * The calls of all instances that share them; of this process where it is alone. `CallRegistry` has the calls of this
 * process only, with all that a `VoiceCall` can do.
 */
@Injectable()
export class LiveCalls {
  private readonly outcomes = new Tally();

  constructor(
    @Inject(CALL_BUS) private readonly bus: Pick<CallBus, 'ask'>,
    @Inject(CALL_DIRECTORY) private readonly directory: Pick<CallDirectory, 'find' | 'list' | 'count'>,
  ) {}

  /**
   * A call, whether it is there or not: that is found out by what is asked of it.
   * @param options `deadlineMs`: how long each answer is waited for, up to 3,600,000 ms; by default 5,000, and 120,000
   * where something has to be heard first
   * @throws Error when the deadline is none
   */
  of(callSid: string, options: AskOptions = {}): CallHandle {
    const { deadlineMs } = options;
    if (deadlineMs !== undefined && !(deadlineMs > 0 && deadlineMs <= LONGEST_MS))
      throw new Error(`deadlineMs must be above 0 and at most ${LONGEST_MS} ms, and not ${deadlineMs}`);
    return callHandle(callSid, (command) => this.ask(callSid, command, options));
  }

  /** @throws (rejects) SharingUnavailableError at once, unless the call is of this instance */
  async find(callSid: string): Promise<LiveCall | undefined> {
    const entry = await this.directory.find(callSid);
    return entry && liveCall(entry);
  }

  /** @throws (rejects) SharingUnavailableError at once while other instances cannot be asked */
  async list(): Promise<LiveCall[]> {
    return (await this.directory.list()).map(liveCall);
  }

  /** @throws (rejects) as {@link list} */
  count(): Promise<number> {
    return this.directory.count();
  }

  /** Commands that this instance gave since its start, by what became of them. */
  get commands(): Readonly<Partial<Record<CommandOutcome, number>>> {
    return this.outcomes.snapshot();
  }

  private async ask<C extends CallCommand>(
    callSid: string,
    command: C,
    options: AskOptions,
  ): Promise<AnswerTo<C>> {
    let outcome: CommandOutcome = 'done';
    try {
      return await this.bus.ask(callSid, command, options);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      this.outcomes.add(outcome);
    }
  }
}

function outcomeOf(error: unknown): CommandOutcome {
  if (error instanceof NoSuchCallError) return 'no-such-call';
  if (error instanceof DeadlineError) return 'deadline';
  if (error instanceof SharingUnavailableError) return 'unavailable';
  return error instanceof InterruptedError ? 'interrupted' : 'failed';
}

function liveCall({ callSid, instance, since, facts: { agent, direction } }: DirectoryEntry): LiveCall {
  return {
    callSid,
    instance,
    startedAt: since,
    ...(typeof agent === 'string' ? { agent } : {}),
    ...(typeof direction === 'string' ? { direction } : {}),
  };
}
