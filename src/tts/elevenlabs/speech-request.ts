import type { UtteranceVoiceOptions } from '../voice.js';
import { isLanguage } from './account.options.js';
import { resolveUtteranceOptions, type ResolvedElevenLabsOptions } from './elevenlabs.options.js';

/** How one utterance is to be spoken: the voice's settings with those of call and utterance. */
export interface SpeechRequest {
  readonly voiceId: string;
  readonly model: string;
  /** BCP 47 tag. */
  readonly language: string | undefined;
  readonly settings: ResolvedElevenLabsOptions['settings'];
  readonly pronunciation: ResolvedElevenLabsOptions['pronunciation'];
}

/** @throws Error that names a wrong option */
export function speechRequest(
  options: ResolvedElevenLabsOptions,
  { voice, language, elevenlabs }: UtteranceVoiceOptions = {},
): SpeechRequest {
  const own = resolveUtteranceOptions(elevenlabs);
  if (language !== undefined && !isLanguage(language))
    throw new Error(`ElevenLabs voice: language: "${language}" is no BCP 47 tag such as en or de-AT`);
  return {
    voiceId: voice ?? options.voiceId,
    model: own.model ?? options.model,
    language: language ?? options.language,
    settings: { ...options.settings, ...own.settings },
    pronunciation: own.pronunciation ?? options.pronunciation,
  };
}

/** ElevenLabs knows one Norwegian. */
const NORWEGIAN = new Set(['nb', 'nn']);

/** ISO 639-1, as ElevenLabs wants it; undefined for a model that finds the language out itself. */
export function languageCode({ language, model }: SpeechRequest): string | undefined {
  if (language === undefined || model.endsWith('multilingual_v2')) return undefined;
  const code = new Intl.Locale(language).language;
  return NORWEGIAN.has(code) ? 'no' : code;
}

/** The voice settings as they are on the wire; empty ones are left out. */
export function wireSettings({ settings = {} }: SpeechRequest): Record<string, unknown> {
  const { stability, similarityBoost, style, useSpeakerBoost, speed } = settings;
  return defined({
    stability,
    similarity_boost: similarityBoost,
    style,
    use_speaker_boost: useSpeakerBoost,
    speed,
  });
}

/** The dictionaries as they are on the wire. */
export const wireDictionaries = ({ pronunciation = [] }: SpeechRequest): Record<string, unknown>[] =>
  pronunciation.map(({ dictionaryId, versionId }) =>
    defined({ pronunciation_dictionary_id: dictionaryId, version_id: versionId }),
  );

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/**
 * URL of the socket, which fixes voice, model and language.
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input
 */
export function socketUrl(options: ResolvedElevenLabsOptions, request: SpeechRequest): string {
  const { baseUrl, logging, textNormalization } = options;
  const base = `${baseUrl.replace(/^http/, 'ws')}/v1/text-to-speech/${encodeURIComponent(request.voiceId)}`;
  const url = new URL(`${base}/multi-stream-input`);
  const language = languageCode(request);
  const query: Record<string, string> = {
    model_id: request.model,
    output_format: 'ulaw_8000',
    sync_alignment: 'true',
    auto_mode: 'true',
    inactivity_timeout: '180',
    ...(language === undefined ? {} : { language_code: language }),
    ...(logging ? {} : { enable_logging: 'false' }),
    ...(textNormalization === 'auto' ? {} : { apply_text_normalization: textNormalization }),
  };
  url.search = new URLSearchParams(query).toString();
  return url.toString();
}
