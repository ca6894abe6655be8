import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { CLOCK, type Clock } from '../../call/clock.js';
import { MemoryCallerRates } from '../../limits/caller-rates.js';
import { within } from '../../call/within.js';
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
const ALL = 'all numbers';

/** Decides whom the host may call: toll fraud dials through whoever dials what it is told. */
@Injectable()
export class DialGuard {
  private readonly logger = new Logger('TwilioVoice');
  private readonly rates: MemoryCallerRates;
  private attempts = 0;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(BEFORE_DIAL) private readonly host?: BeforeDial,
  ) {
    this.rates = new MemoryCallerRates(clock);
  }

  /**
   * Counts the call, if it may be made.
   * @throws (rejects) DialRefusedError
   */
  async admit(call: IntendedCall): Promise<void> {
    try {
      this.checkNumber(call.to);
      await this.askHost(call);
      this.count(call.to);
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
  private count(to: string): void {
    const { callsPerNumber, calls } = this.options.outbound;
    if (this.rates.isReached(to, callsPerNumber))
      throw new DialRefusedError('too-many-to-number', 'outbound.callsPerNumber is reached for that number.');
    if (this.rates.isReached(ALL, calls))
      throw new DialRefusedError('too-many', 'outbound.calls is reached.');
    const id = String(++this.attempts);
    this.rates.take(to, id, callsPerNumber);
    this.rates.take(ALL, id, calls);
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
