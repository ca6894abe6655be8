import type { INestApplicationContext } from '@nestjs/common';
import {
  TWILIO_CLIENT,
  type TwilioCallResource,
  type TwilioClient,
  type TwilioRest,
} from '../twilio/twilio-client.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import type { SimulatedCall } from './simulated-call.js';

/**
 * Twilio's REST API of a module under test, where it has an account: commands reach the simulated call, and nothing
 * leaves this machine. It places and records no calls. A `TWILIO_CLIENT` of the test's own takes its place.
 */
export class SimulatedRest implements Pick<TwilioRest, 'client'> {
  #module: INestApplicationContext | undefined;
  #call: SimulatedCall | undefined;

  serve(module: INestApplicationContext, call: SimulatedCall): void {
    this.#module = module;
    this.#call = call;
  }

  client(): Promise<TwilioClient | undefined> {
    return Promise.resolve(this.#own() ?? (this.#isConfigured() ? this.#simulated() : undefined));
  }

  #own(): TwilioClient | undefined {
    try {
      return this.#module?.get<TwilioClient>(TWILIO_CLIENT, { strict: false });
    } catch {
      return undefined; // there is none
    }
  }

  #isConfigured(): boolean {
    const options = this.#module?.get<ResolvedTwilioVoiceOptions>(TWILIO_VOICE_OPTIONS, { strict: false });
    return options?.accountSid !== undefined && options.authTokens.length > 0;
  }

  #simulated(): TwilioClient {
    const calls = (callSid: string): TwilioCallResource => ({
      update: (change) => {
        const call = this.#call;
        if (call?.callSid !== callSid || call.endedBy !== undefined)
          return Promise.reject(Object.assign(new Error('The call was not found'), { code: 20404 }));
        if ('twiml' in change) call.update(change.twiml);
        else if ('status' in change) call.complete();
        return Promise.resolve();
      },
    });
    return { calls };
  }
}
