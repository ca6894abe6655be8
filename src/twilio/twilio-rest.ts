import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CallControl } from '../call/call-control.js';
import type { ResolvedTransferTarget } from '../call/handover.options.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { twilioCallError } from './calls/twilio-call-error.js';
import { TwilioRest } from './twilio-client.js';
import { VoiceTwiml } from './twiml.js';

/** Twilio's error code for a resource that is not there. */
const NOT_FOUND = 20404;

/** Of a call that was transferred, s: Twilio's own default, as our limit is not meant for what others say. */
const TRANSFERRED_S = 4 * 3_600;

/**
 * Hangs up, transfers and presses keys through Twilio's REST API. Only ever updates the call: the Streams resource does
 * not know bidirectional streams.
 */
@Injectable()
export class TwilioCallControl implements CallControl {
  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    private readonly rest: TwilioRest,
    @Optional() private readonly twiml?: VoiceTwiml,
  ) {}

  async hangUp(callSid: string): Promise<boolean> {
    const client = await this.rest.client();
    if (client === undefined) return false;
    try {
      await client.calls(callSid).update({ status: 'completed' });
    } catch (error) {
      if ((error as { code?: unknown } | undefined)?.code !== NOT_FOUND) throw error;
    }
    return true;
  }

  /** Twilio counts from the call's start, which may be long before the stream's. A call already over is a success. */
  async endWithin(callSid: string, ms: number, now: number): Promise<boolean> {
    const call = (await this.rest.client())?.calls(callSid);
    try {
      const startedAt = (await call?.fetch?.())?.startTime?.getTime();
      if (call === undefined || startedAt === undefined) return false;
      const elapsedMs = Math.max(0, now - startedAt); // whatever our own clock says: never less than `ms`
      await call.update({ timeLimit: Math.ceil((elapsedMs + ms) / 1_000) });
    } catch (error) {
      if ((error as { code?: unknown } | undefined)?.code !== NOT_FOUND) throw error;
    }
    return true;
  }

  async transfer(callSid: string, target: ResolvedTransferTarget): Promise<boolean> {
    const { callMs } = this.options.limits;
    const timeLimit = callMs === Infinity ? {} : { timeLimit: TRANSFERRED_S };
    return this.rewrite('transfer the call', callSid, (twiml) => ({
      twiml: twiml.transfer(target),
      ...timeLimit,
    }));
  }

  async sendDigits(
    callSid: string,
    keys: string,
    parameters?: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    return this.rewrite('press keys', callSid, (twiml) => ({
      twiml: twiml.pressKeys(callSid, keys, parameters),
    }));
  }

  /** @throws (rejects) TwilioCallError: Twilio's own words may hold the number */
  private async rewrite(
    doing: string,
    callSid: string,
    change: (twiml: VoiceTwiml) => { twiml: string; timeLimit?: number },
  ): Promise<boolean> {
    const client = await this.rest.client();
    if (client === undefined || this.twiml === undefined) return false;
    const update = change(this.twiml);
    try {
      await client.calls(callSid).update(update);
    } catch (error) {
      throw twilioCallError(doing, error);
    }
    return true;
  }
}
