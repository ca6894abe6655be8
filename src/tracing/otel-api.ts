import type * as OpenTelemetry from '@opentelemetry/api';

/** What is used of `@opentelemetry/api`. */
export type OpenTelemetryApi = Pick<typeof OpenTelemetry, 'context' | 'trace' | 'SpanStatusCode'>;

/**
 * Loads the API, which does nothing until the host has started an SDK.
 * @throws (rejects) Error with the line that installs it
 */
export async function loadApi(): Promise<OpenTelemetryApi> {
  try {
    return await import('@opentelemetry/api');
  } catch (cause) {
    throw new Error('voiceTracing needs the API of OpenTelemetry: npm install @opentelemetry/api@^1.9.0', {
      cause,
    });
  }
}
