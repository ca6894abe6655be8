import { z } from 'zod';

const limit = (value: number) => z.number().int().positive().max(600_000).default(value);

const schema = z.strictObject({
  /** Environment variable `ELEVENLABS_API_KEY`. */
  apiKey: z.string().trim().min(1, 'must be an ElevenLabs API key (ELEVENLABS_API_KEY)'),
  baseUrl: z
    .url({
      protocol: /^https?$/,
      error: 'must be a URL such as https://api.elevenlabs.io (ELEVENLABS_BASE_URL)',
    })
    .transform((url) => url.replace(/\/+$/, ''))
    .default('https://api.elevenlabs.io'),
  model: z.string().min(1).default('scribe_v2_realtime'),
  /** BCP 47 tag to expect; default: Scribe finds it out. */
  language: z.string().min(2).optional(),
  /** Words to be expected, at most 50 of at most 20 characters. */
  keyterms: z.array(z.string().min(1).max(20)).max(50).default([]),
  /** `false` asks ElevenLabs to keep nothing (enterprise accounts). */
  logging: z.boolean().default(true),
  limits: z
    .strictObject({
      /** From a connection's start to its session, ms. */
      handshakeMs: limit(3_000),
      /** From a commit to its answer, ms: after that the connection is made anew. */
      answerMs: limit(3_000),
      /** Between two attempts to connect, ms; doubled each time. */
      retryMs: limit(250),
      /** Attempts in a row before the transcriber gives up. */
      attempts: z.number().int().positive().default(6),
      /** Audio that is kept for a new connection, ms. */
      keptMs: limit(15_000),
    })
    .prefault({}),
});

/** Settings of the Scribe transcriber; `apiKey` has no default. */
export type ScribeOptions = z.input<typeof schema>;
export type ResolvedScribeOptions = z.output<typeof schema>;

/** @throws Error that names each wrong option and what it must be */
export function resolveScribeOptions(options: ScribeOptions): ResolvedScribeOptions {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  );
  throw new Error(`ElevenLabs transcriber: ${problems.join('; ')}`);
}

/** URL of the socket; we decide when to commit. */
export function scribeUrl(options: ResolvedScribeOptions): string {
  const url = new URL(`${options.baseUrl.replace(/^http/, 'ws')}/v1/speech-to-text/realtime`);
  url.searchParams.set('model_id', options.model);
  url.searchParams.set('audio_format', 'ulaw_8000');
  url.searchParams.set('commit_strategy', 'manual');
  if (options.language !== undefined)
    url.searchParams.set('language_code', new Intl.Locale(options.language).language);
  for (const term of options.keyterms) url.searchParams.append('keyterms', term);
  if (!options.logging) url.searchParams.set('enable_logging', 'false');
  return url.toString();
}
