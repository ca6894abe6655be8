import { z } from 'zod';
import { accountOptions, checked, limit } from '../../tts/elevenlabs/account.options.js';

export const scribeSchema = z.strictObject({
  ...accountOptions,
  /** Model of the realtime transcription. */
  model: z.string().min(1).default('scribe_v2_realtime'),
  /** Words to be expected, at most 50 of at most 20 characters. */
  keyterms: z.array(z.string().min(1).max(20)).max(50).default([]),
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
export type ScribeOptions = z.input<typeof scribeSchema>;
export type ResolvedScribeOptions = z.output<typeof scribeSchema>;

/** @throws Error that names each wrong option and what it must be */
export const resolveScribeOptions = (options: ScribeOptions): ResolvedScribeOptions =>
  checked('ElevenLabs transcriber', scribeSchema.safeParse(options));

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
