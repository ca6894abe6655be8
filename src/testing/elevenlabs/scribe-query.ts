const MODELS = ['scribe_v2_realtime', 'scribe_v2_realtime_turbo'];
const FORMAT = /^(?:pcm_(8000|16000|22050|24000|44100|48000)|ulaw_(8000))$/;
const STRATEGIES = ['manual', 'vad'] as const;
/** Least, most and default. */
const NUMBERS = {
  vad_silence_threshold_secs: [0.3, 3, 1.5],
  vad_threshold: [0.1, 0.9, 0.4],
  min_speech_duration_ms: [50, 2_000, 100],
  min_silence_duration_ms: [50, 2_000, 100],
} as const;

type Fields = Readonly<Record<string, string>>;

/** What the URL of a transcription socket asks for; named as `session_started` repeats it. */
export interface ScribeQuery extends Readonly<Record<keyof typeof NUMBERS, number>> {
  readonly model_id: string;
  readonly audio_format: string;
  /** Hz, of the audio format. */
  readonly sample_rate: number;
  readonly commit_strategy: (typeof STRATEGIES)[number];
  readonly language_code: string | null;
  readonly include_timestamps: boolean;
  readonly include_language_detection: boolean;
  readonly enable_logging: boolean;
}

/** @throws Error that says what cannot be had */
export function readScribeQuery(query: Fields): ScribeQuery {
  const { model_id: model, audio_format: format = 'pcm_16000', commit_strategy: strategy = 'manual' } = query;
  if (model === undefined) throw new Error('model_id: Field required');
  if (!MODELS.includes(model)) throw new Error(`model_id: ${model} is not a realtime model`);
  const [, pcmRate, muLawRate] = FORMAT.exec(format) ?? [];
  const sampleRate = Number(pcmRate ?? muLawRate);
  if (Number.isNaN(sampleRate)) throw new Error(`audio_format: ${format} is not supported`);
  const commitStrategy = STRATEGIES.find((known) => known === strategy);
  if (commitStrategy === undefined) throw new Error(`commit_strategy: ${strategy} is neither manual nor vad`);
  return {
    ...readNumbers(query),
    ...readFlags(query),
    model_id: model,
    audio_format: format,
    sample_rate: sampleRate,
    commit_strategy: commitStrategy,
    language_code: query['language_code'] ?? null,
  };
}

function readNumbers(query: Fields): Record<keyof typeof NUMBERS, number> {
  const read = (name: keyof typeof NUMBERS): number => {
    const [least, most, fallback] = NUMBERS[name];
    const value = Number(query[name] ?? fallback);
    if (!(value >= least && value <= most)) throw new Error(`${name}: must be between ${least} and ${most}`);
    return value;
  };
  return {
    vad_silence_threshold_secs: read('vad_silence_threshold_secs'),
    vad_threshold: read('vad_threshold'),
    min_speech_duration_ms: read('min_speech_duration_ms'),
    min_silence_duration_ms: read('min_silence_duration_ms'),
  };
}

type Flag = 'include_timestamps' | 'include_language_detection' | 'enable_logging';

function readFlags(query: Fields): Record<Flag, boolean> {
  const read = (name: Flag, fallback: boolean): boolean => {
    const value = query[name] ?? String(fallback);
    if (value !== 'true' && value !== 'false') throw new Error(`${name}: must be true or false`);
    return value === 'true';
  };
  return {
    include_timestamps: read('include_timestamps', false),
    include_language_detection: read('include_language_detection', false),
    enable_logging: read('enable_logging', true),
  };
}
