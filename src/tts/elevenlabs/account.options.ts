import { z } from 'zod';

/** No more than a timer can take, ms. */
export const limit = (value: number) => z.number().int().positive().max(600_000).default(value);
/** Text that is there. @param what it must be */
export const name = (what: string) =>
  z
    .string({ error: `must be ${what}` })
    .trim()
    .min(1, `must be ${what}`);

/** Whether `tag` is well-formed BCP 47. */
export function isLanguage(tag: string): boolean {
  try {
    return new Intl.Locale(tag).language !== '';
  } catch {
    return false;
  }
}

/** What speech and transcription have in common. */
export const accountOptions = {
  /** Environment variable `ELEVENLABS_API_KEY`. */
  apiKey: name('an ElevenLabs API key (ELEVENLABS_API_KEY)').regex(
    /^[\x21-\x7e]+$/,
    'must be an ElevenLabs API key (ELEVENLABS_API_KEY): plain characters, copied whole',
  ),
  /** Host, e.g. `https://api.eu.residency.elevenlabs.io` for EU residency. */
  baseUrl: z
    .url({
      protocol: /^https?$/,
      error: 'must be a URL such as https://api.elevenlabs.io (ELEVENLABS_BASE_URL)',
    })
    .transform((url) => url.replace(/\/+$/, ''))
    .default('https://api.elevenlabs.io'),
  /** BCP 47 tag of the language; default: ElevenLabs finds it out. */
  language: z.string().refine(isLanguage, 'must be a BCP 47 tag such as en or de-AT').optional(),
  /** `false` asks ElevenLabs to keep nothing (enterprise accounts). */
  logging: z.boolean().default(true),
};

/**
 * @param what whose options they are
 * @throws Error that names each wrong option and what it must be
 */
export function checked<T>(what: string, result: z.ZodSafeParseResult<T>): T {
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  );
  throw new Error(`${what}: ${problems.join('; ')}`);
}
