import type { Random } from '../random.js';
import { DEFAULT_SCRIBE_SCENARIO, type ScribeScenario } from './scribe-scenario.js';

/** Which characters and times a message of audio tells; times in ms. */
export type AlignmentMode =
  /** All characters of a segment on its first message, from that message's first sample; nothing on the others. */
  | 'segment-first'
  /** The characters that begin in the message, from its own first sample; by HTTP from the request's first sample. */
  | 'every-chunk'
  /** The characters that begin in the message, from the first sample of the context. */
  | 'absolute'
  /** Never any. */
  | 'null'
  /**
   * On a segment's first message the characters that begin in it, on its second all of them again; both from the
   * segment's first sample. The normalized alignment goes on instead of starting again.
   */
  | 'restarting';

/** How the server speaks. Contexts and requests keep the scenario that they began with. */
export interface SpeechScenario {
  /** Audio per character (code point) of the text, whole ms. */
  readonly msPerChar: number;
  /** From upgrade request to answer, of any socket, ms. */
  readonly handshakeMs: readonly [from: number, to: number];
  /** From the trigger of a generation to its first message of audio, ms. */
  readonly firstAudioMs: readonly [from: number, to: number];
  /** Generation as a multiple of real time. */
  readonly speed: number;
  /** Audio per message, 20 to 2000 ms; an array is cycled. */
  readonly messageMs: number | readonly number[];
  readonly alignment: AlignmentMode;
  readonly contextKey: 'contextId' | 'context_id';
  readonly finalKey: 'isFinal' | 'is_final';
  readonly durationsKey: 'charDurationsMs' | 'charsDurationsMs' | 'char_durations_ms';
  readonly startsKey: 'charStartTimesMs' | 'charsStartTimesMs' | 'char_start_times_ms';
  /** How long flushed text is still generated after `close_context`, ms; Infinity: all of it. */
  readonly drainMs: number;
  /** Whether the end of flushed audio is told by `flush_done`. */
  readonly flushDone: boolean;
  /** Contexts without their final message that one socket may have. */
  readonly maxContexts: number;
  /** Instead of the `inactivity_timeout` of the query, ms; Infinity: never. */
  readonly inactivityMs?: number;
}

/** How the server speaks and transcribes. */
export interface ServerScenario extends SpeechScenario, ScribeScenario {}

export const DEFAULT_SCENARIO: ServerScenario = {
  ...DEFAULT_SCRIBE_SCENARIO,
  msPerChar: 60,
  handshakeMs: [20, 60],
  firstAudioMs: [75, 200],
  speed: 10,
  messageMs: 250,
  alignment: 'every-chunk',
  contextKey: 'contextId',
  finalKey: 'isFinal',
  durationsKey: 'charDurationsMs',
  startsKey: 'charStartTimesMs',
  drainMs: Infinity,
  flushDone: true,
  maxContexts: 5,
};

/** @throws Error that names the wrong setting */
export function changedScenario<S extends SpeechScenario>(scenario: S, change: Partial<S>): S {
  const changed = { ...scenario, ...change };
  const { msPerChar, speed, messageMs } = changed;
  if (!Number.isInteger(msPerChar) || msPerChar < 1) throw new Error('msPerChar: must be whole and positive');
  if (!(speed > 0)) throw new Error('speed: must be positive');
  const sizes = typeof messageMs === 'number' ? [messageMs] : messageMs;
  if (sizes.length === 0 || sizes.some((ms) => !(ms >= 20 && ms <= 2_000)))
    throw new Error('messageMs: must be 20 to 2000');
  return changed;
}

/** Evenly distributed between `from` and `to`. */
export const between = ([from, to]: readonly [number, number], random: Random): number =>
  from + (to - from) * random();
