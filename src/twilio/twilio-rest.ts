import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CallControl } from '../call/call-control.js';
import type { ResolvedTransferTarget } from '../call/handover.options.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { VoiceTwiml } from './twiml.js';

/** What is used of the `twilio` package's client. */
export interface TwilioClient {
  calls(callSid: string): {
    update(
      change: { status: 'completed' } | { timeLimit: number } | { twiml: string; timeLimit?: number },
    ): Promise<unknown>;
    /** Without it Twilio is not told how long a call may last. */
    fetch?(): Promise<{ readonly startTime?: Date | null }>;
  };
}

/** DI token of a {@link TwilioClient} of the host's own (another region, a sub-account, a proxy). */
export const TWILIO_CLIENT = Symbol('TWILIO_CLIENT');

/** Twilio's error code for a resource that is not there. */
const NOT_FOUND = 20404;

/** Of a call that was transferred, s: Twilio's own default, as our limit is not meant for what others say. */
const TRANSFERRED_S = 4 * 3_600;

/**
 * Hangs up, transfers and presses keys through Twilio's REST API. Only ever updates the call: the Streams resource does not know bidirectional
 * streams.
 */
@Injectable()
export class TwilioCallControl implements CallControl {
  private client: Promise<TwilioClient> | undefined;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Optional() @Inject(TWILIO_CLIENT) client?: TwilioClient,
    @Optional() private readonly twiml?: VoiceTwiml,
  ) {
    if (client !== undefined) this.client = Promise.resolve(client);
  }

  async hangUp(callSid: string): Promise<boolean> {
    this.client ??= this.createClient();
    if (this.client === undefined) return false;
    const client = await this.client;
    try {
      await client.calls(callSid).update({ status: 'completed' });
    } catch (error) {
      if ((error as { code?: unknown } | undefined)?.code !== NOT_FOUND) throw error;
    }
    return true;
  }

  /** Twilio counts from the call's start, which may be long before the stream's. A call already over is a success. */
  async endWithin(callSid: string, ms: number, now: number): Promise<boolean> {
    this.client ??= this.createClient();
    const call = (await this.client)?.calls(callSid);
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
    return this.rewrite(callSid, (twiml) => ({ twiml: twiml.transfer(target), ...timeLimit }));
  }

  async sendDigits(callSid: string, keys: string): Promise<boolean> {
    return this.rewrite(callSid, (twiml) => ({ twiml: twiml.pressKeys(callSid, keys) }));
  }

  private async rewrite(
    callSid: string,
    change: (twiml: VoiceTwiml) => { twiml: string; timeLimit?: number },
  ): Promise<boolean> {
    this.client ??= this.createClient();
    if (this.client === undefined || this.twiml === undefined) return false;
    await (await this.client).calls(callSid).update(change(this.twiml));
    return true;
  }

  private createClient(): Promise<TwilioClient> | undefined {
    const { accountSid, authTokens } = this.options;
    const [authToken] = authTokens;
    if (accountSid === undefined || authToken === undefined) return undefined;
    // Loaded on demand: the package costs a quarter of a second at start.
    return import('twilio').then(({ default: twilio }) => twilio(accountSid, authToken));
  }
}
