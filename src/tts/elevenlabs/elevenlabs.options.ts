import { z } from 'zod';
import { accountOptions, checked, limit, name } from './account.options.js';

const settings = z.strictObject({
  /** 0 varies more, 1 is even. */
  stability: z.number().min(0).max(1).optional(),
  /** 1 stays closest to the original voice. */
  similarityBoost: z.number().min(0).max(1).optional(),
  /** 0 adds no style, 1 exaggerates it. */
  style: z.number().min(0).max(1).optional(),
  /** Closer to the original speaker, a little later. */
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

export const elevenLabsSchema = z.strictObject({
  ...accountOptions,
  ...utterance,
  model: utterance.model.default('eleven_flash_v2_5'),
  /** Voice of utterances that name none; `ELEVENLABS_VOICE_ID`. */
  voiceId: name('the id of an ElevenLabs voice (ELEVENLABS_VOICE_ID)'),
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
export type ElevenLabsOptions = z.input<typeof elevenLabsSchema>;
export type ResolvedElevenLabsOptions = z.output<typeof elevenLabsSchema>;
/** What an utterance may set for itself, or a call for all of its utterances. */
export type ElevenLabsUtteranceOptions = z.input<typeof utteranceSchema>;

declare module '../voice.js' {
  interface VoiceOptions {
    /** For the ElevenLabs voice. */
    readonly elevenlabs?: ElevenLabsUtteranceOptions;
  }
}

const VOICE = 'ElevenLabs voice';

/** @throws Error that names each wrong option and what it must be */
export const resolveElevenLabsOptions = (options: ElevenLabsOptions): ResolvedElevenLabsOptions =>
  checked(VOICE, elevenLabsSchema.safeParse(options));

/** @throws Error that names each wrong option and what it must be */
export const resolveUtteranceOptions = (
  options: ElevenLabsUtteranceOptions = {},
): ElevenLabsUtteranceOptions => checked(VOICE, utteranceSchema.safeParse(options));
