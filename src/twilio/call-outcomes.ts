import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';

/** How a stream was closed by us; `limit` and `drained`: what was to be said then could not be. */
export type CallOutcome = 'completed' | 'failed' | 'limit' | 'drained';

/** Calls whose next webhook may be outstanding; beyond it the oldest is forgotten. */
const CAPACITY = 10_000;

/**
 * Remembers how streams were closed until Twilio asks what comes next. Kept in this process only: an instance that
 * did not carry the stream knows nothing of it.
 */
@Injectable()
export class CallOutcomes {
  private readonly outcomes = new Map<string, CallOutcome>();
  private readonly asked = new Subject<void>();

  /** Emits each time that Twilio has asked. */
  get asked$(): Observable<void> {
    return this.asked.asObservable();
  }

  /** Calls that Twilio has not asked about. */
  get pending(): string[] {
    return [...this.outcomes.keys()];
  }

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
    this.asked.next();
    return outcome;
  }
}
