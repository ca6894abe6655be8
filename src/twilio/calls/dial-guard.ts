import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { CLOCK, type Clock } from '../../call/clock.js';
import { within } from '../../call/within.js';
import { SharedCallerRates } from '../../limits/caller-rates.js';
import type { CallRate } from '../../limits/limits.options.js';
import { SHARED_STORE, type SharedStore } from '../../sharing/shared-store.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../../twilio-voice.options.js';
import { BEFORE_DIAL, type BeforeDial, type IntendedCall } from './before-dial.js';

/** Why a call was not made. */
export type DialRefusal =
  /** It is no telephone number in E.164. */
  | 'not-a-number'
  /** `outbound.allowedPrefixes` */
  | 'not-allowed'
  /** `outbound.deniedPrefixes` */
  | 'denied'
  /** `outbound.callsPerNumber` */
  | 'too-many-to-number'
  /** `outbound.calls` */
  | 'too-many'
  /** What counts the calls of all instances is away: `outbound.onStoreFailure` */
  | 'not-counted'
  /** `BEFORE_DIAL` */
  | 'refused-by-host';

/** A call was not made; its message holds no number. */
export class DialRefusedError extends Error {
  override readonly name = 'DialRefusedError';

  constructor(
    readonly reason: DialRefusal,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

const E164 = /^\+[1-9]\d{6,14}$/;
/** The key of a caller has no capitals. */
const ALL = 'OUTBOUND';
const toNumber = (to: string): string => `${ALL} ${to}`;

/** A call that may be made, and counts. */
export interface AdmittedCall {
  /** It was not made: it counts no more. Never rejects; what cannot be told to the store goes on counting. */
  notMade(): Promise<void>;
}

/** Decides whom the host may call: toll fraud dials through whoever dials what it is told. */
@Injectable()
export class DialGuard {
  private readonly logger = new Logger('TwilioVoice');
  private readonly rates: SharedCallerRates;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SHARED_STORE) store: SharedStore,
    @Optional() @Inject(BEFORE_DIAL) private readonly host?: BeforeDial,
  ) {
    this.rates = new SharedCallerRates(store, clock);
  }

  /**
   * Counts the call, if it may be made, together with the calls of all instances.
   * @throws (rejects) DialRefusedError
   */
  async admit(call: IntendedCall): Promise<AdmittedCall> {
    try {
      this.checkNumber(call.to);
      await this.askHost(call);
      return await this.count(call.to);
    } catch (error) {
      const { reason } = error as DialRefusedError;
      this.logger.warn(`A ${call.purpose} was not made: ${reason}`);
      throw error;
    }
  }

  private checkNumber(to: string): void {
    const { allowedPrefixes, deniedPrefixes } = this.options.outbound;
    if (!E164.test(to))
      throw new DialRefusedError('not-a-number', 'Only numbers such as +4930123456 can be called.');
    if (deniedPrefixes.some((prefix) => to.startsWith(prefix)))
      throw new DialRefusedError('denied', 'The number begins with one of outbound.deniedPrefixes.');
    if (!allowedPrefixes.some((prefix) => to.startsWith(prefix)))
      throw new DialRefusedError('not-allowed', 'The number begins with none of outbound.allowedPrefixes.');
  }

  /** Both or neither: a call that one of them refuses counts for none. */
  private async count(to: string): Promise<AdmittedCall> {
    const { callsPerNumber, calls } = this.options.outbound;
    const id = randomUUID();
    if (!(await this.take(toNumber(to), id, callsPerNumber)))
      throw new DialRefusedError('too-many-to-number', 'outbound.callsPerNumber is reached for that number.');
    const giveBack = () => this.giveBack(toNumber(to), id, callsPerNumber);
    try {
      if (!(await this.take(ALL, id, calls)))
        throw new DialRefusedError('too-many', 'outbound.calls is reached.');
    } catch (error) {
      await giveBack();
      throw error;
    }
    return {
      notMade: async () => {
        await Promise.all([giveBack(), this.giveBack(ALL, id, calls)]);
      },
    };
  }

  private async take(key: string, id: string, rate: CallRate): Promise<boolean> {
    try {
      return await this.rates.take(key, id, rate);
    } catch (cause) {
      if (this.options.outbound.onStoreFailure === 'dial') return true;
      throw new DialRefusedError(
        'not-counted',
        'The calls cannot be counted now (outbound.onStoreFailure).',
        {
          cause,
        },
      );
    }
  }

  private async giveBack(key: string, id: string, rate: CallRate): Promise<void> {
    try {
      await this.rates.giveBack(key, id, rate);
    } catch {
      this.logger.warn('A call that was not made goes on counting: the store of the rates failed');
    }
  }

  private async askHost(call: IntendedCall): Promise<void> {
    if (this.host === undefined) return;
    const answer = await this.hostsAnswer(this.host, call);
    if (answer !== true)
      throw new DialRefusedError(
        'refused-by-host',
        typeof answer === 'string' && answer !== '' ? answer : 'BEFORE_DIAL did not allow the call.',
      );
  }

  private async hostsAnswer(host: BeforeDial, call: IntendedCall): Promise<boolean | string> {
    const { beforeDialTimeoutMs } = this.options.outbound;
    const late = () => `BEFORE_DIAL did not answer within ${beforeDialTimeoutMs} ms.`;
    try {
      const asked = Promise.resolve().then(() => host.mayDial(call));
      return await within(asked, beforeDialTimeoutMs, this.clock, late);
    } catch (cause) {
      throw new DialRefusedError('refused-by-host', 'BEFORE_DIAL failed.', { cause });
    }
  }
}
