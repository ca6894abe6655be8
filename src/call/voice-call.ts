import type { Observable } from 'rxjs';
import type { Reply } from '../conversation/reply.js';
import type { History, HistoryEntry } from '../conversation/history.js';
import type { Transcript } from '../listening/transcriber.js';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import type { VoiceOptions } from '../tts/voice.js';
import type { TransferTarget } from './handover.options.js';
import type { SensitiveKeys } from './sensitive/sensitive.js';
import type { StreamEndReason } from './stream.js';

/** Why a call is over. */
export type CallEndReason =
  /** The agent or the host hung up. */
  | 'hung-up'
  /** Agent or voice failed again and again. */
  | 'failed'
  /** A limit of the call was reached, and the caller was told goodbye. */
  | 'limit'
  /** The application was shutting down. */
  | 'drained'
  /** The caller was connected with somebody else. */
  | 'transferred'
  /** `closed-by-us`: the call goes on with another stream, here or at another instance, or could not go on. */
  | StreamEndReason;

/** What became of something that was said. */
export type SpeechOutcome = Omit<SettledUtterance, 'utterance' | 'error'>;

/** What a call has used of a vendor. */
export type CallUsage =
  | {
      readonly kind: 'model';
      readonly model: string;
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** The server did not tell: four bytes of text were taken for a token. */
      readonly estimated?: true;
    }
  /** Text handed to the voice. */
  | { readonly kind: 'speech'; readonly characters: number }
  /** Audio handed to the transcriber. */
  | { readonly kind: 'transcription'; readonly ms: number };

/** Something a tool of the agent did, or did not do. */
export interface ToolReport {
  /** Tells the calls of a tool apart. */
  readonly id: string;
  readonly name: string;
  /** `asked`: the caller is being asked whether it may run; `refused`: it did not run, as what the model wrote is wrong. */
  readonly state: 'asked' | 'started' | 'succeeded' | 'failed' | 'cancelled' | 'refused';
  /** Since it started, ms; only when it is over. */
  readonly durationMs?: number;
}

/** What an agent tells of its work: for the record of the call, its limits and its events. */
export type CallReport =
  | { readonly type: 'usage'; readonly usage: CallUsage }
  | { readonly type: 'tool'; readonly tool: ToolReport };

/** A step of an answer; one that was begun while the caller paused is confirmed, or discarded unheard. */
export interface AnswerStep {
  /** Tells the answers of a call apart. */
  readonly answer: number;
  /** `last-text`, `last-audio`: agent and voice have finished, have failed, or were stopped. */
  readonly step:
    'asked' | 'first-text' | 'first-audio' | 'last-text' | 'last-audio' | 'confirmed' | 'discarded';
  /** Asked for before the turn was over. */
  readonly preemptive: boolean;
  /** Of `asked`: when the last sound of the caller had arrived, ms on the monotonic clock. */
  readonly lastSampleAtMs?: number;
  /** Of `last-text` and `last-audio` that failed: the error's name, or `other`. */
  readonly error?: string;
}

/** Something that happened in a call; `atMs` is the monotonic clock. */
export type CallEvent = { readonly atMs: number } & (
  | { readonly type: 'caller-stopped' }
  /** `onsetAtMs`: when the first sound of what the caller says arrived. */
  | { readonly type: 'caller-started'; readonly onsetAtMs?: number }
  | { readonly type: 'transcript'; readonly transcript: Transcript }
  | { readonly type: 'digit'; readonly digit: string }
  /** A key was pressed that nobody is told: see {@link VoiceCall.sensitive}. */
  | { readonly type: 'withheld-key' }
  /** From now on, or no longer, the caller is withheld: see {@link VoiceCall.sensitive}. */
  | { readonly type: 'sensitive-started' | 'sensitive-stopped' }
  /** It is the agent's turn; `lastSampleAtMs`: when the last sound of the caller arrived. */
  | {
      readonly type: 'turn';
      readonly transcript: string;
      readonly durationMs: number;
      readonly lastSampleAtMs: number;
    }
  | { readonly type: 'answer'; readonly step: AnswerStep }
  /** The first byte was sent; `answer` is set when it answers a turn. */
  | { readonly type: 'agent-sounding'; readonly answer?: number }
  | { readonly type: 'agent-settled'; readonly account: SettledUtterance; readonly answer?: number }
  | CallReport
  /** A limit was reached: the call is being closed. */
  | { readonly type: 'limit'; readonly limit: string }
  | { readonly type: 'history'; readonly entry: HistoryEntry }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'ended'; readonly reason: CallEndReason }
);

/** One telephone call, for agents and hosts. */
export interface VoiceCall {
  readonly callSid: string;
  readonly streamSid: string;
  readonly accountSid: string;
  /** The `<Parameter>`s of the stream, among them `from`, `to` and `direction`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Class of the agent that answers it: undefined while that is being chosen, and when there is none for it. */
  readonly agent?: string | undefined;
  readonly history: History;
  readonly events$: Observable<CallEvent>;
  /**
   * Says something after what is being said. Resolves when it has been played or cut, with what was heard; an
   * interruption is a result, not an error.
   * @param voice how to speak, where it differs from the call's settings
   * @throws (rejects) the voice's or the text's error
   */
  say(text: Reply, voice?: VoiceOptions): Promise<SpeechOutcome>;
  /** How to speak from the next utterance on, that of the reply being written included; adds to what was set. */
  speakAs(voice: VoiceOptions): void;
  /** Stops talking at once and drops what was to be said. */
  interrupt(): void;
  /** Takes no more text, lets what has been said so far be heard, then ends the call. */
  hangUp(): Promise<void>;
  /**
   * Connects the caller with somebody else, once what is being said has been heard; then the call is over for us.
   * @param to a name of the option `transfers`, or a target
   * @throws (rejects) InterruptedError when the caller speaks first; Error when the target is unknown or wrong, or the
   * telephone network refuses: then the call goes on
   */
  transfer(to: string | TransferTarget): Promise<void>;
  /**
   * Presses keys, once what is being said has been heard. The media stream is replaced by a new one meanwhile, and the
   * conversation goes on; what the other side says until then, a second or so, is not heard.
   * @param keys 1 to 32 of `0-9A-D#*`, `w` (a pause of 0.5 s) and `W` (1 s)
   * @throws (rejects) as {@link transfer}
   */
  sendDigits(keys: string): Promise<void>;
  /**
   * Runs a task during which nothing of the call is told: the transcriber gets silence, keys go to the task alone, and
   * `NOT_RECORDED` stands for the words of both sides in turns, history, events, record and model. It lasts until
   * the task has ended and the caller has fallen silent; what was half said when it began counts too. Whatever is being
   * said, or asked to be said, meanwhile is not told as a whole. Speaking and being interrupted go on as ever; so does a
   * recording that Twilio makes. A reply that waits for keys would stall: run the task beside it.
   * @returns what the task returns
   * @throws (rejects) what the task throws; Error when the call is over
   */
  sensitive<T>(task: (keys: SensitiveKeys) => T | Promise<T>): Promise<T>;
  /** Whether a {@link sensitive} task is running. */
  readonly isSensitive: boolean;
  /** Whether there was one in this call: from then on errors are told by their kind only, as they may repeat anything. */
  readonly wasSensitive: boolean;
  /** Tells what was used or done in the call's name. */
  report(report: CallReport): void;
}
