import { Inject, Injectable, Optional } from '@nestjs/common';
import { aboutCall, CallLog, type LogSubject } from '../call/call-log.js';
import { CLOCK, type Clock } from '../call/clock.js';
import { forLog, REDACTOR, type Redactor, StandardRedactor } from '../call/redactor.js';
import { within } from '../call/within.js';
import { ALONE, SHARING_STATUS, type SharingStatus } from '../sharing/sharing-status.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import {
  type AdmissionAnswer,
  type ArrivingCall,
  CALL_ADMISSION,
  type CallAdmission,
} from './call-admission.js';
import { callerKey } from './caller-key.js';
import { CALLER_RATES, type CallerRates } from './caller-rates.js';

/** What becomes of an arriving call: `failed` is refused because nobody could decide. */
export type Reception = 'connect' | 'busy' | 'failed' | { readonly say: string } | WithParameters;

/** Connects it, with more parameters. */
export interface WithParameters {
  readonly parameters: Readonly<Record<string, string>>;
}

/** A store that has not answered by then has failed, ms. */
const RATE_MS = 1_000;
const WITHHELD = 'withheld';

/** Decides about calls as they come in, before anything is opened for them. */
@Injectable()
export class FrontDesk {
  /** Calls that found no room, or were too many of a caller's, by the limit; and those that were refused otherwise. */
  readonly refusals: ReadonlyMap<string, number>;
  private readonly refused = new Map<string, number>();
  private readonly logger = new CallLog();

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CALLER_RATES) private readonly rates: CallerRates,
    @Optional() @Inject(CALL_ADMISSION) private readonly admission?: CallAdmission,
    @Optional() @Inject(REDACTOR) private readonly redactor: Redactor = new StandardRedactor(),
    @Optional() @Inject(SHARING_STATUS) private readonly sharing: SharingStatus = ALONE,
  ) {
    this.refusals = this.refused;
  }

  /**
   * @param isFull whether there is no stream left for the call
   * @param check throws at parameters that a call cannot have
   */
  async receive(
    call: ArrivingCall,
    isFull = false,
    check: (parameters: WithParameters['parameters']) => unknown = () => undefined,
  ): Promise<Reception> {
    if (isFull) return this.busy(call, 'maxStreams');
    if (!this.sharing.acceptsCalls) return this.refusedAsAway(call);
    const caller = callerKey(call.from);
    const rate = caller === undefined ? 'withheldCalls' : 'callsPerCaller';
    if (!isOurs(call)) {
      const isIn = await this.within(rate, caller ?? WITHHELD, call);
      if (isIn === undefined) return 'busy';
      if (!isIn) return this.busy(call, rate);
    }
    return this.admitted({ ...call, from: caller === undefined ? '' : call.from }, check);
  }

  private busy(call: ArrivingCall, limit: string): 'busy' {
    this.count(limit);
    this.logger.log(subjectOf(call), `refused, over limits.${limit}`);
    return 'busy';
  }

  private refusedAsAway(call: ArrivingCall): 'busy' {
    this.count('sharing away');
    this.logger.log(subjectOf(call), 'refused, as what the instances share is away');
    return 'busy';
  }

  /** A call is refused before anything is opened for it. */
  count(why: string): void {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
  }

  /** @returns undefined when nobody knows, and the call is refused for it */
  private async within(
    name: 'withheldCalls' | 'callsPerCaller',
    caller: string,
    call: ArrivingCall,
  ): Promise<boolean | undefined> {
    const { [name]: rate, onStoreFailure } = this.options.limits;
    if (rate.most === Infinity) return true;
    try {
      return await this.inTime(RATE_MS, () => this.rates.take(caller, call.callSid, rate));
    } catch (error) {
      // By default a store that is down does not take the telephone with it: each call still has its limits.
      const isIn = onStoreFailure === 'admit';
      const consequence = isIn ? 'the call is let in' : 'the call is refused';
      this.failed(call, 'CALLER_RATES', error, `${consequence} (limits.onStoreFailure)`);
      if (!isIn) this.count('CALLER_RATES failed');
      return isIn ? true : undefined;
    }
  }

  private async admitted(
    call: ArrivingCall,
    check: (parameters: WithParameters['parameters']) => unknown,
  ): Promise<Reception> {
    const { admission } = this;
    if (admission === undefined) return 'connect';
    const { timeoutMs, onFailure } = this.options.limits.admission;
    try {
      const reception = receptionOf(await this.inTime(timeoutMs, () => admission.admit(call)));
      if (typeof reception === 'object' && 'parameters' in reception) check(reception.parameters);
      else if (reception !== 'connect') {
        this.count('CALL_ADMISSION');
        this.logger.log(subjectOf(call), 'refused by CALL_ADMISSION');
      }
      return reception;
    } catch (error) {
      const consequence = onFailure === 'admit' ? 'the call is let in' : 'the call is refused';
      this.failed(call, 'CALL_ADMISSION', error, `${consequence} (limits.admission.onFailure)`);
      if (onFailure !== 'admit') this.count('CALL_ADMISSION failed');
      return onFailure === 'admit' ? 'connect' : 'failed';
    }
  }

  /** @throws (rejects) what `task` throws, or a TimeoutError */
  private inTime<T>(ms: number, task: () => T | Promise<T>): Promise<T> {
    return within(Promise.resolve().then(task), ms, this.clock, () => {
      throw new TimeoutError(`no answer within ${ms} ms`);
    });
  }

  /** Others' messages may hold a caller's number: they are for the debug level only. */
  private failed(call: ArrivingCall, what: string, error: unknown, consequence: string): void {
    const { name, message } = error instanceof Error ? error : { name: typeof error, message: '' };
    const ours = error instanceof TimeoutError ? ` (${message})` : '';
    const kind = forLog(this.redactor, name);
    this.logger.error(subjectOf(call), `${what} failed with ${kind}${ours}: ${consequence}`);
    if (ours === '') this.logger.debug(subjectOf(call), `${what}: ${forLog(this.redactor, message)}`);
  }
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** A call that the host makes itself is not a caller's: `From` is the host's own number. */
const isOurs = ({ direction }: ArrivingCall): boolean => direction.startsWith('outbound');

/** @throws TypeError when it is none of the answers there are: a mistake must not open the line */
function receptionOf(answer: AdmissionAnswer): Reception {
  if (answer === true) return 'connect';
  if (answer === false) return 'busy';
  const { say, parameters } = Object(answer) as { say?: unknown; parameters?: unknown };
  if (say === undefined && isTexts(parameters)) return { parameters: { ...parameters } };
  if (typeof say !== 'string' || say.trim() === '')
    throw new TypeError('neither a boolean nor a sentence to say nor parameters');
  return { say };
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');

/** Where signatures are not checked, anything may stand in a webhook. */
const subjectOf = ({ callSid }: ArrivingCall): LogSubject =>
  /^[\w-]{1,64}$/.test(callSid) ? aboutCall({ callSid }) : { callSid: undefined, name: 'A call' };
