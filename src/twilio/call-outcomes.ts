import { Injectable } from '@nestjs/common';

/** How a stream was closed by us; `limit`: what was to be said at a limit could not be. */
export type CallOutcome = 'completed' | 'failed' | 'limit';

/** Calls whose next webhook may be outstanding; beyond it the oldest is forgotten. */
const CAPACITY = 10_000;

/**
 * Remembers how streams were closed until Twilio asks what comes next. Kept in this process only: an instance that
 * did not carry the stream knows nothing of it.
 */
@Injectable()
export class CallOutcomes {
  private readonly outcomes = new Map<string, CallOutcome>();

  record(callSid: string, outcome: CallOutcome): void {
    this.outcomes.delete(callSid);
    this.outcomes.set(callSid, outcome);
    if (this.outcomes.size <= CAPACITY) return;
    const [oldest] = this.outcomes.keys();
    if (oldest !== undefined) this.outcomes.delete(oldest);
  }

  /** The outcome of that call, once. */
  take(callSid: string): CallOutcome | undefined {
    const outcome = this.outcomes.get(callSid);
    this.outcomes.delete(callSid);
    return outcome;
  }
}
