import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { digest, SHARED_STORE, type SharedStore } from '../sharing/shared-store.js';
import type { CallRate } from './limits.options.js';

/** Counts the calls of each caller, those of all instances together. */
export interface CallerRates {
  /**
   * Counts a call, unless the caller has had as many as may be. A call that is refused does not count, and one that
   * counts already, as Twilio may ask twice, is let in and not counted again.
   * @param caller key of the caller: a number in E.164, `sip:…`, `client:…`, or `withheld`
   * @returns whether the call may come in
   * @throws (rejects) when it cannot be known: then the option `limits.onStoreFailure` decides
   */
  take(caller: string, callSid: string, rate: CallRate): boolean | Promise<boolean>;
}

/** DI token of the {@link CallerRates}; in the SharedStore by default. */
export const CALLER_RATES = Symbol('CALLER_RATES');

/** A call that counts: which one, and since when, ms since 1970. */
type Counted = readonly [id: string, at: number];

/** Counts in the SharedStore, which remembers callers only as long as their calls count, and none by name. */
@Injectable()
export class SharedCallerRates implements CallerRates {
  constructor(
    @Inject(SHARED_STORE) private readonly store: SharedStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async take(caller: string, callSid: string, rate: CallRate): Promise<boolean> {
    const { most, withinMs } = rate;
    if (most === Infinity) return true;
    const id = digest(callSid);
    return this.store.update(keyOf(caller), withinMs, (old) => {
      const now = this.clock.epoch();
      const calls = counted(old, now - withinMs);
      if (calls.some(([one]) => one === id)) return { value: old, result: true };
      if (calls.length >= most) return { value: old, result: false };
      return { value: JSON.stringify([...calls, [id, now]]), result: true };
    });
  }

  /** A call that {@link take} has counted did not come about: it counts no more. */
  async giveBack(caller: string, callSid: string, { most, withinMs }: CallRate): Promise<void> {
    if (most === Infinity) return;
    const id = digest(callSid);
    await this.store.update(keyOf(caller), withinMs, (old) => {
      const calls = counted(old, this.clock.epoch() - withinMs);
      const others = calls.filter(([one]) => one !== id);
      if (others.length === calls.length) return { value: old, result: undefined };
      return { value: others.length === 0 ? undefined : JSON.stringify(others), result: undefined };
    });
  }
}

const keyOf = (caller: string): string => `rate:${digest(caller)}`;

/** What is in the store may be of another version of this package. */
function counted(value: string | undefined, after: number): Counted[] {
  if (value === undefined) return [];
  try {
    const calls: unknown = JSON.parse(value);
    return Array.isArray(calls) ? calls.filter(isCounted).filter(([, at]) => at > after) : [];
  } catch {
    return [];
  }
}

const isCounted = (value: unknown): value is Counted =>
  Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';
