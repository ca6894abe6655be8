import type { TextMethod } from './heard-text.js';
import type { HeardMethod } from './ledger.js';

/** How an utterance ended. */
export type UtteranceEnd =
  /** The caller heard all of it. */
  | 'played'
  /** It was interrupted. */
  | 'cut'
  /** Its voice or its text failed; what had come before was played. */
  | 'failed'
  /** The stream ended first. */
  | 'lost';

/** The account of an utterance that is over. */
export interface SettledUtterance {
  readonly utterance: number;
  readonly ended: UtteranceEnd;
  /** Audio the caller heard, whole ms. */
  readonly heardMs: number;
  /** Furthest position that was ever handed to Twilio, ms. */
  readonly sentMs: number;
  /** Audio the voice had delivered, ms. */
  readonly synthesizedMs: number;
  readonly heardText: string;
  readonly unheardText: string;
  readonly method: HeardMethod;
  readonly textMethod: TextMethod;
  /** Expected size of the error that the mapping from time to text adds, ms; 0 with the voice's own times. */
  readonly textErrorMs: number;
  /** Expected size of the error of `heardMs`. */
  readonly errorMs: number;
  /** When the caller heard its first sample, one return trip later, ms on the clock: measured by marks. */
  readonly firstHeardAtMs?: number;
  /** How often the far end ran dry in the middle, as the voice was slower; left out where it never did. */
  readonly underruns?: number;
  readonly error?: unknown;
}

/** The voice or the text stopped coming. */
export class SpeechStalledError extends Error {
  override readonly name = 'SpeechStalledError';
}
