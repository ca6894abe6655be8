import type { Observable } from 'rxjs';
import type { Reply } from '../conversation/reply.js';
import type { History, HistoryEntry } from '../conversation/history.js';
import type { Transcript } from '../listening/transcriber.js';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import type { VoiceOptions } from '../tts/voice.js';
import type { StreamEndReason } from './stream.js';

/** Why a call is over. */
export type CallEndReason =
  /** The agent or the host hung up. */
  | 'hung-up'
  /** Agent or voice failed again and again. */
  | 'failed'
  | StreamEndReason;

/** What became of something that was said. */
export type SpeechOutcome = Omit<SettledUtterance, 'utterance' | 'error'>;

/** Something that happened in a call; `atMs` is the monotonic clock. */
export type CallEvent = { readonly atMs: number } & (
  | { readonly type: 'caller-started' | 'caller-stopped' }
  | { readonly type: 'transcript'; readonly transcript: Transcript }
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'agent-sounding' }
  | { readonly type: 'agent-settled'; readonly account: SettledUtterance }
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
}
