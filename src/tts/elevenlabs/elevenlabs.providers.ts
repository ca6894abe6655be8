import type { InjectionToken, OptionalFactoryDependency, Provider } from '@nestjs/common';
import { CLOCK, type Clock } from '../../call/clock.js';
import { OfflineVoice } from '../offline/offline-voice.js';
import { FALLBACK_VOICE, VOICE } from '../voice.js';
import { type ElevenLabsOptions, resolveElevenLabsOptions } from './elevenlabs.options.js';
import { ElevenLabsVoice } from './elevenlabs-voice.js';

/** Options that a factory makes of what is injected. */
export interface ElevenLabsAsyncOptions {
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is injected is the host's business
  readonly useFactory: (...injected: any[]) => ElevenLabsOptions | Promise<ElevenLabsOptions>;
}

/**
 * Providers for `TwilioVoiceModule`: ElevenLabs speaks, and the offline voice when ElevenLabs cannot.
 * @throws Error that names each wrong option
 */
export function elevenLabsVoice(options: ElevenLabsOptions): Provider[] {
  resolveElevenLabsOptions(options); // fail here, where the stack shows the host's own line
  return elevenLabsVoiceAsync({ useFactory: () => options });
}

/** As {@link elevenLabsVoice}, with settings from a factory. */
export function elevenLabsVoiceAsync({ inject = [], useFactory }: ElevenLabsAsyncOptions): Provider[] {
  return [
    {
      provide: VOICE,
      inject: [CLOCK, ...inject],
      useFactory: async (clock: Clock, ...injected: unknown[]) =>
        ElevenLabsVoice.create(await useFactory(...injected), clock),
    },
    { provide: FALLBACK_VOICE, useFactory: () => new OfflineVoice() },
  ];
}
