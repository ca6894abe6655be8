import { z } from 'zod';

/** No more than a timer can take, ms. */
const limit = (value: number) => z.number().int().positive().max(600_000).default(value);
const name = (what: string) =>
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

const settings = z.strictObject({
  /** 0 varies more, 1 is even. */
  stability: z.number().min(0).max(1).optional(),
  similarityBoost: z.number().min(0).max(1).optional(),
  style: z.number().min(0).max(1).optional(),
  useSpeakerBoost: z.boolean().optional(),
  /** 1 is the voice's own speed. */
  speed: z.number().min(0.7).max(1.2).optional(),
});

const pronunciation = z
  .array(z.strictObject({ dictionaryId: z.string().min(1), versionId: z.string().min(1).optional() }))
  .max(3, 'must be three dictionaries at most');

/** What can differ per call and per utterance. */
const utterance = {
  /** Model: `eleven_flash_v2_5` answers fastest. */
  model: name('a model id such as eleven_flash_v2_5'),
  /** Of the voice; its own where nothing is said. */
  settings: settings.optional(),
  /** Pronunciation dictionaries, at most three. */
  pronunciation: pronunciation.optional(),
};

const utteranceSchema = z.strictObject(utterance).partial();

const schema = z.strictObject({
  ...utterance,
  model: utterance.model.default('eleven_flash_v2_5'),
  /** Environment variable `ELEVENLABS_API_KEY`. */
  apiKey: name('an ElevenLabs API key (ELEVENLABS_API_KEY)').regex(
    /^[\x21-\x7e]+$/,
    'must be an ElevenLabs API key (ELEVENLABS_API_KEY): plain characters, copied whole',
  ),
  /** Voice of utterances that name none; `ELEVENLABS_VOICE_ID`. */
  voiceId: name('the id of an ElevenLabs voice (ELEVENLABS_VOICE_ID)'),
  /** Host, e.g. `https://api.eu.residency.elevenlabs.io` for EU residency. */
  baseUrl: z
    .url({
      protocol: /^https?$/,
      error: 'must be a URL such as https://api.elevenlabs.io (ELEVENLABS_BASE_URL)',
    })
    .transform((url) => url.replace(/\/+$/, ''))
    .default('https://api.elevenlabs.io'),
  /** BCP 47 tag of the language spoken; default: the model finds it out. */
  language: z.string().refine(isLanguage, 'must be a BCP 47 tag such as en or de-AT').optional(),
  /** `false` asks ElevenLabs to keep nothing (enterprise accounts). */
  logging: z.boolean().default(true),
  /** Whether ElevenLabs spells out numbers itself: the default model does so for enterprise accounts only. */
  textNormalization: z.enum(['auto', 'on', 'off']).default('auto'),
  limits: z
    .strictObject({
      /** From a clause's text to its first audio, ms; a connection that has to be made first included. */
      firstAudioMs: limit(1_200),
      /** The same for the second try, on a fresh socket, ms. */
      retryFirstAudioMs: limit(900),
      /** From a request to its first audio, ms. */
      httpFirstAudioMs: limit(1_000),
      /** Between two pieces of audio while more is due, ms. */
      stallMs: limit(1_000),
      /** From the last audio to the end-of-audio message, ms. */
      finalMs: limit(3_000),
      /** From a connection's start to its opening, ms. */
      handshakeMs: limit(3_000),
      /** Between two keep-alives of a socket, ms; the server gives up after 180 s. */
      keepAliveMs: limit(10_000),
      /** From our wish to close a socket to its being cut, ms. */
      closeMs: limit(2_000),
    })
    .prefault({}),
});

/** Settings of the ElevenLabs voice; `apiKey` and `voiceId` have no default. */
export type ElevenLabsOptions = z.input<typeof schema>;
export type ResolvedElevenLabsOptions = z.output<typeof schema>;
/** What an utterance may set for itself, or a call for all of its utterances. */
export type ElevenLabsUtteranceOptions = z.input<typeof utteranceSchema>;

declare module '../voice.js' {
  interface VoiceOptions {
    /** For the ElevenLabs voice. */
    readonly elevenlabs?: ElevenLabsUtteranceOptions;
  }
}

/** @throws Error that names each wrong option and what it must be */
export const resolveElevenLabsOptions = (options: ElevenLabsOptions): ResolvedElevenLabsOptions =>
  checked(schema.safeParse(options));

/** @throws Error that names each wrong option and what it must be */
export const resolveUtteranceOptions = (
  options: ElevenLabsUtteranceOptions = {},
): ElevenLabsUtteranceOptions => checked(utteranceSchema.safeParse(options));

function checked<T>(result: z.ZodSafeParseResult<T>): T {
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  );
  throw new Error(`ElevenLabs voice: ${problems.join('; ')}`);
}
