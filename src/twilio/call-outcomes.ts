import { Injectable, Optional } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { callKey } from '../sharing/shared-store.js';
import { orWhenAway, type Shared, Sharing } from '../sharing/sharing.js';

const OUTCOMES = ['completed', 'failed', 'limit', 'drained', 'not-taken'] as const;
/**
 * How a stream was closed by us; `limit` and `drained`: what was to be said then could not be; `not-taken`: it came to an
 * instance that was shutting down or full.
 */
export type CallOutcome = (typeof OUTCOMES)[number];

/** Calls whose next webhook may be outstanding; beyond it the oldest is forgotten. */
const CAPACITY = 10_000;
/** Twilio asks within seconds what comes next; instances know the outcome for so long, ms. */
const KEPT_MS = 600_000;

/**
 * Remembers how streams were closed until Twilio asks what comes next: whichever instance it asks. What cannot be shared
 * is kept in this process.
 */
@Injectable()
export class CallOutcomes {
  private readonly outcomes = new Map<string, CallOutcome>();
  private readonly asked = new Subject<void>();

  constructor(@Optional() private readonly sharing: Sharing = new Sharing()) {}

  /** Emits each time that Twilio has asked. */
  get asked$(): Observable<void> {
    return this.asked.asObservable();
  }

  /** Calls that Twilio has not asked about, and that no other instance could answer for. */
  get pending(): string[] {
    return [...this.outcomes.keys()];
  }

  /** @returns where it takes a while: resolves, never rejects, when any instance can answer Twilio */
  record(callSid: string, outcome: CallOutcome): Promise<void> | undefined {
    const { shared } = this.sharing;
    if (shared !== undefined) return this.share(shared, callSid, outcome);
    this.keep(callSid, outcome);
    return undefined;
  }

  /** The outcome of that call, once. */
  take(callSid: string): CallOutcome | undefined | Promise<CallOutcome | undefined> {
    const outcome = this.outcomes.get(callSid);
    this.outcomes.delete(callSid);
    const { shared } = this.sharing;
    if (shared !== undefined) return this.takeShared(shared, callSid, outcome);
    this.asked.next();
    return outcome;
  }

  private keep(callSid: string, outcome: CallOutcome): void {
    this.outcomes.delete(callSid);
    this.outcomes.set(callSid, outcome);
    if (this.outcomes.size <= CAPACITY) return;
    const [oldest] = this.outcomes.keys();
    if (oldest !== undefined) this.outcomes.delete(oldest);
  }

  private async share({ store }: Shared, callSid: string, outcome: CallOutcome): Promise<void> {
    const isShared = await orWhenAway(async () => {
      await store.put(key(callSid), outcome, KEPT_MS);
      return true;
    }, false);
    if (!isShared) this.keep(callSid, outcome);
  }

  private async takeShared(
    { store }: Shared,
    callSid: string,
    kept: CallOutcome | undefined,
  ): Promise<CallOutcome | undefined> {
    const taken = await orWhenAway(() => store.take(key(callSid)), undefined);
    this.asked.next();
    return OUTCOMES.find((one) => one === taken) ?? kept;
  }
}

const key = (callSid: string): string => callKey(callSid, 'outcome');
