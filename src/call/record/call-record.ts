import type { TextMethod } from '../../playout/heard-text.js';
import type { HeardMethod } from '../../playout/ledger.js';
import type { UtteranceEnd } from '../../playout/settled-utterance.js';
import type { CallEndReason, ToolReport } from '../voice-call.js';

/** Something the agent said. Times in whole ms; `atMs` fields count from the start of the call. */
export interface SpokenRecord {
  /** When its first byte was sent; if there was none, when it ended. */
  readonly atMs: number;
  readonly endedAtMs: number;
  readonly ended: UtteranceEnd;
  /** The words that were heard, and those that had been spoken but were not. */
  readonly heard: string;
  readonly unheard: string;
  readonly heardMs: number;
  readonly sentMs: number;
  readonly synthesizedMs: number;
  /** How the heard position was found, and how far off it may be. */
  readonly method: HeardMethod;
  readonly errorMs: number;
  readonly textMethod: TextMethod;
  readonly textErrorMs: number;
  /** Set when it was cut: by the caller's voice, or by the host or a hang-up. */
  readonly interruption?: { readonly by: 'caller' | 'host'; readonly atMs: number };
}

/** Whole ms since the caller's last sound arrived; what did not happen, or cannot be known, is left out. */
export interface Waterfall {
  /** The turn was taken to be over, its words at hand. */
  readonly turnEndedMs: number;
  /** The agent was asked: before the turn was over, if the answer was preemptive. */
  readonly askedMs?: number;
  readonly firstTextMs?: number;
  readonly firstAudioMs?: number;
  /** The first byte went to Twilio. */
  readonly sentMs?: number;
  /** The caller heard the first sample; both ends are delayed alike on their way here, so this is the wait at the ear. */
  readonly heardMs?: number;
}

/** An answer to a turn, as it was spoken. */
export interface AnswerRecord extends SpokenRecord {
  /** Asked for while the caller paused, before the turn was over. */
  readonly preemptive: boolean;
}

/** One turn of the caller, and the answer to it, if any of it came so far as to be spoken. */
export interface TurnRecord {
  /** When the turn was over, ms since the start of the call. */
  readonly atMs: number;
  /** What the caller said; empty without a transcriber. */
  readonly words: string;
  /** BCP 47 tag, where the transcriber tells it. */
  readonly language?: string;
  /** How long the caller spoke, ms. */
  readonly durationMs: number;
  readonly answer?: AnswerRecord;
  /** Answers that were asked for while the caller paused, and thrown away unheard. */
  readonly discardedAnswers: number;
  readonly waterfall: Waterfall;
}

/** One use of a tool, in its last state. */
export interface ToolRecord extends ToolReport {
  /** When it was asked for, ms since the start of the call. */
  readonly atMs: number;
}

/** Something that went wrong. */
export interface FailureRecord {
  /** ms since the start of the call. */
  readonly atMs: number;
  /** What kind of error; never its message, which may hold anything. */
  readonly name: string;
  readonly code?: string;
}

/** Tokens of one model, of all its requests in the call. */
export interface ModelUsage {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What was used of vendors until the call ended. */
export interface UsageRecord {
  readonly models: readonly ModelUsage[];
  /** Text handed to the voice. */
  readonly speechCharacters: number;
  /** Audio handed to the transcriber, silence included. */
  readonly transcriptionMs: number;
}

/** Everything of one call, as plain JSON. Each text went through the `Redactor`. */
export interface CallRecord {
  /** Grows when a field changes its meaning or goes; new fields may come without. */
  readonly schema: 1;
  /**
   * `<callSid>/<streamSid>`, the key to store it by: once more is the same record. A call whose stream is lost and that
   * comes back as a new conversation has two.
   */
  readonly id: string;
  readonly callSid: string;
  /** Of the first stream; others may have carried the call on. */
  readonly streamSid: string;
  readonly accountSid: string;
  /** Of the stream, among them `from`, `to` and `direction`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Name of the agent's class; left out when there was none for the call. */
  readonly agent?: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  readonly ended: CallEndReason;
  /** Oldest first. */
  readonly turns: readonly TurnRecord[];
  /** What was said without answering a turn: the greeting, what the host said, excuses. */
  readonly said: readonly SpokenRecord[];
  /** How often the caller interrupted. */
  readonly interruptions: number;
  readonly tools: readonly ToolRecord[];
  /** Limits that were reached. */
  readonly limits: readonly string[];
  readonly failures: readonly FailureRecord[];
  /** Stretches in which nothing was recorded. */
  readonly sensitive: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly usage: UsageRecord;
  /** Oldest entries that were left out of a list for want of room. */
  readonly dropped: Readonly<
    Record<'turns' | 'said' | 'tools' | 'limits' | 'failures' | 'sensitive', number>
  >;
}

/** Takes the record of each call, once, when the call is over. */
export interface CallRecordStore {
  /** Whatever it throws is logged. A process that dies loses the records of its calls. */
  store(record: CallRecord): void | Promise<void>;
}

/** DI token of the {@link CallRecordStore}; without one, nothing is recorded. */
export const CALL_RECORDS = Symbol('CALL_RECORDS');
