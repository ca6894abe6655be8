import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import type { CallRate } from './limits.options.js';

/** Counts the calls of each caller. A store that several instances share makes the limit one of all of them. */
export interface CallerRates {
  /**
   * Counts a call, unless the caller has had as many as may be. A call that is refused does not count, and one that
   * counts already, as Twilio may ask twice, is let in and not counted again.
   * @param caller key of the caller: a number in E.164, `sip:…`, `client:…`, or `withheld`
   * @returns whether the call may come in
   */
  take(caller: string, callSid: string, rate: CallRate): boolean | Promise<boolean>;
}

/** DI token of the {@link CallerRates}; in this process's memory by default. */
export const CALLER_RATES = Symbol('CALLER_RATES');

/** Callers that are remembered; beyond them the one who has not called for longest is forgotten. */
const CAPACITY = 10_000;

interface Caller {
  readonly calls: readonly { readonly callSid: string; readonly atMs: number }[];
  /** When none of the calls counts any more, ms on the clock. */
  readonly untilMs: number;
}

/** Remembers callers in this process, only as long as their calls count. */
@Injectable()
export class MemoryCallerRates implements CallerRates {
  /** The one who called last comes last. */
  private readonly callers = new Map<string, Caller>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Callers that are remembered. */
  get size(): number {
    return this.callers.size;
  }

  take(caller: string, callSid: string, rate: CallRate): boolean {
    const { most, withinMs } = rate;
    if (most === Infinity) return true;
    const now = this.clock.now();
    this.forget(now);
    const calls = this.counted(caller, rate);
    if (calls.some((call) => call.callSid === callSid)) return true;
    if (calls.length >= most) return false;
    this.callers.delete(caller);
    this.callers.set(caller, { calls: [...calls, { callSid, atMs: now }], untilMs: now + withinMs });
    return true;
  }

  /** Whether another call of that caller would be refused. */
  isReached(caller: string, rate: CallRate): boolean {
    return this.counted(caller, rate).length >= rate.most;
  }

  private counted(caller: string, { withinMs }: CallRate): Caller['calls'] {
    const after = this.clock.now() - withinMs;
    return (this.callers.get(caller)?.calls ?? []).filter(({ atMs }) => atMs > after);
  }

  private forget(now: number): void {
    for (const [caller, { untilMs }] of this.callers) {
      if (untilMs > now && this.callers.size < CAPACITY) return;
      this.callers.delete(caller);
    }
  }
}
