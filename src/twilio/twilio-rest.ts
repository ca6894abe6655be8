import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CallControl } from '../call/call-control.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

/** What is used of the `twilio` package's client. */
export interface TwilioClient {
  calls(callSid: string): { update(change: { status: 'completed' }): Promise<unknown> };
}

/** DI token of a {@link TwilioClient} of the host's own (another region, a sub-account, a proxy). */
export const TWILIO_CLIENT = Symbol('TWILIO_CLIENT');

/** Twilio's error code for a resource that is not there. */
const NOT_FOUND = 20404;

/**
 * Hangs up through Twilio's REST API. Only ever updates the call: the Streams resource does not know bidirectional
 * streams.
 */
@Injectable()
export class TwilioCallControl implements CallControl {
  private client: Promise<TwilioClient> | undefined;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Optional() @Inject(TWILIO_CLIENT) client?: TwilioClient,
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

  private createClient(): Promise<TwilioClient> | undefined {
    const { accountSid, authToken } = this.options;
    if (accountSid === undefined || authToken === undefined) return undefined;
    // Loaded on demand: the package costs a quarter of a second at start.
    return import('twilio').then(({ default: twilio }) => twilio(accountSid, authToken));
  }
}
