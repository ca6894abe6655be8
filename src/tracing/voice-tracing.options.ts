import type { TracerProvider } from '@opentelemetry/api';
import { z } from 'zod';

const isProvider = (value: unknown): value is TracerProvider =>
  typeof (Object(value) as { getTracer?: unknown }).getTracer === 'function';

const voiceTracingSchema = z.strictObject({
  /**
   * What callers and agents say is among the attributes, as the `REDACTOR` leaves it for `span`, and never of a sensitive
   * stretch.
   */
  content: z.boolean({ error: 'must be true or false' }).default(false),
  /** `gen_ai.agent.name`; default: the class of the agent that answers the call. */
  agent: z.string({ error: 'must be a name' }).min(1).optional(),
  /** `gen_ai.provider.name` of your model, such as `openai`. */
  provider: z.string({ error: 'must be a name such as openai' }).min(1).optional(),
  /** Makes the spans; default: the one that your SDK has registered. */
  tracerProvider: z.custom<TracerProvider>(isProvider, 'must be a TracerProvider').optional(),
});

/** What spans are made with, and what they tell. */
export type VoiceTracingOptions = z.input<typeof voiceTracingSchema>;
export type ResolvedVoiceTracingOptions = z.output<typeof voiceTracingSchema>;

/** @throws Error that names each wrong option and what it must be */
export function resolveVoiceTracingOptions(options: VoiceTracingOptions): ResolvedVoiceTracingOptions {
  const result = voiceTracingSchema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  );
  throw new Error(`voiceTracing: ${problems.join('; ')}`);
}
