import type { Clock } from '../../call/clock.js';
import type { Random } from '../random.js';
import type { FaultQueue } from './faults.js';
import type { GenerationLog } from './generation.js';
import { type Refusal, refusal } from './refusal.js';
import type { ServerScenario } from './scenario.js';
import type { ScribeScript } from './scribe-script.js';
import type { ServerJournal } from './server-journal.js';

/** What all connections of one server share. */
export interface ServerState {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: ServerJournal;
  readonly faults: FaultQueue;
  readonly generations: GenerationLog;
  /** The one valid key; undefined: any. */
  readonly apiKey: string | undefined;
  /** Voices of the account; undefined: any. */
  readonly voices: readonly string[] | undefined;
  /** Single-use tokens that were not used yet, and what each is for. */
  readonly tokens: Map<string, string>;
  /** What is said to transcription sockets. */
  readonly script: ScribeScript;
  /** For what begins now. */
  scenario: ServerScenario;
}

type Fields = Readonly<Record<string, string>>;

/** @returns what an unauthorised request is answered; undefined for an authorised one */
export function unauthorized(state: ServerState, headers: Fields, query: Fields = {}): Refusal | undefined {
  const token = query['single_use_token'];
  if (token !== undefined && spend(state, token, 'tts_websocket')) return undefined;
  const bearer = (headers['authorization'] ?? query['authorization'])?.replace(/^Bearer /i, '');
  const key = headers['xi-api-key'] ?? bearer ?? '';
  const isValid = state.apiKey === undefined ? key !== '' : key === state.apiKey;
  return isValid ? undefined : refusal(401);
}

/** The same for a transcription socket, where a token counts instead of a key, not besides one. */
export function unauthorizedScribe(state: ServerState, headers: Fields, query: Fields): Refusal | undefined {
  const { token } = query;
  if (token === undefined) return unauthorized(state, headers);
  return spend(state, token, 'realtime_scribe') ? undefined : refusal(401);
}

/** @returns whether the token was good; it is not any more */
function spend({ tokens }: ServerState, token: string, type: string): boolean {
  return tokens.get(token) === type && tokens.delete(token);
}

export const OUTPUT_FORMAT = 'ulaw_8000';
/** The documented default. */
export const DEFAULT_FORMAT = 'mp3_44100_128';

/** @returns what a request for another format is answered: this server speaks mu-law only */
export function wrongFormat(format: string | undefined): Refusal | undefined {
  if (format === undefined || [OUTPUT_FORMAT, DEFAULT_FORMAT].includes(format)) return undefined;
  return refusal(400, {
    code: 'output_format_not_allowed',
    message: `This local server speaks ${OUTPUT_FORMAT}, and ${DEFAULT_FORMAT} as noise; not ${format}.`,
  });
}
