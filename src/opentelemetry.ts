import type { Provider } from '@nestjs/common';
import { CallRegistry } from './call/call-registry.js';
import { CallScopes } from './call/call-scopes.js';
import { CLOCK, type Clock } from './call/clock.js';
import { REDACTOR, type Redactor } from './call/redactor.js';
import { loadApi } from './tracing/otel-api.js';
import { resolveVoiceTracingOptions, type VoiceTracingOptions } from './tracing/voice-tracing.options.js';
import { VoiceTracing } from './tracing/voice-tracing.js';

export type { VoiceTracingOptions } from './tracing/voice-tracing.options.js';

/** DI token of what makes the spans. */
const VOICE_TRACING = Symbol('VOICE_TRACING');

/**
 * Providers for `TwilioVoiceModule`: OpenTelemetry spans of each call, and the host's code in their context. The SDK is
 * the host's own; without one nothing is traced.
 * @throws Error that names each wrong option
 */
export function voiceTracing(options: VoiceTracingOptions = {}): Provider[] {
  const resolved = resolveVoiceTracingOptions(options);
  return [
    {
      provide: VOICE_TRACING,
      inject: [CallRegistry, CallScopes, CLOCK, REDACTOR],
      useFactory: async (calls: CallRegistry, scopes: CallScopes, clock: Clock, redactor: Redactor) => {
        const api = await loadApi();
        const tracer = (resolved.tracerProvider ?? api.trace).getTracer('nestjs-twilio-voice');
        return new VoiceTracing({ api, tracer, options: resolved, calls, scopes, clock, redactor });
      },
    },
  ];
}
