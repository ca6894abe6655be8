import { invalid, refusal, type Refusal } from './refusal.js';
import { OUTPUT_FORMAT, wrongFormat } from './server-state.js';

/** Longest time without input that may be asked for, s. */
const LONGEST_INACTIVITY_S = 180;
const DEFAULT_INACTIVITY_S = 20;

/** What the URL of a text-to-speech socket asks for. */
export interface SpeechQuery {
  readonly autoMode: boolean;
  readonly inactivityMs: number;
  /** mu-law was not asked for. */
  readonly opaque: boolean;
}

/** @returns a refusal for what cannot be had */
export function readSpeechQuery(query: Readonly<Record<string, string>>): SpeechQuery | Refusal {
  const { model_id: model = 'eleven_multilingual_v2', output_format: format } = query;
  if (/^eleven_v[34]/.test(model))
    return refusal(400, { code: 'unsupported_model', message: `${model} cannot be used with this socket.` });
  const wrong = wrongFormat(format);
  if (wrong !== undefined) return wrong;
  const inactivityS = Number(query['inactivity_timeout'] ?? DEFAULT_INACTIVITY_S);
  if (!(inactivityS >= 0 && inactivityS <= LONGEST_INACTIVITY_S))
    return invalid(
      ['query', 'inactivity_timeout'],
      `Input should be less than or equal to ${LONGEST_INACTIVITY_S}`,
      'less_than_equal',
    );
  return {
    autoMode: query['auto_mode'] === 'true',
    inactivityMs: inactivityS * 1_000,
    opaque: format !== OUTPUT_FORMAT,
  };
}
