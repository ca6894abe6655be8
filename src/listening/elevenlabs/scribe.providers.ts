import type { InjectionToken, OptionalFactoryDependency, Provider } from '@nestjs/common';
import { CLOCK, type Clock } from '../../call/clock.js';
import { TRANSCRIBER } from '../transcriber.js';
import { resolveScribeOptions, type ScribeOptions } from './scribe.options.js';
import { ScribeTranscriber } from './scribe-transcriber.js';

/** Options that a factory makes of what is injected. */
export interface ScribeAsyncOptions {
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is injected is the host's business
  readonly useFactory: (...injected: any[]) => ScribeOptions | Promise<ScribeOptions>;
}

/**
 * Provider for `TwilioVoiceModule`: turns have the words that ElevenLabs Scribe understood.
 * @throws Error that names each wrong option
 */
export function elevenLabsTranscriber(options: ScribeOptions): Provider[] {
  resolveScribeOptions(options); // fail here, where the stack shows the host's own line
  return elevenLabsTranscriberAsync({ useFactory: () => options });
}

/** As {@link elevenLabsTranscriber}, with settings from a factory. */
export function elevenLabsTranscriberAsync({ inject = [], useFactory }: ScribeAsyncOptions): Provider[] {
  return [
    {
      provide: TRANSCRIBER,
      inject: [CLOCK, ...inject],
      useFactory: async (clock: Clock, ...injected: unknown[]) =>
        new ScribeTranscriber(await useFactory(...injected), clock),
    },
  ];
}
