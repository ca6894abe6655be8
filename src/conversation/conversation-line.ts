import type { Observable } from 'rxjs';
import type { AnswerStep, VoiceCall } from '../call/voice-call.js';
import type { TurnGuess } from '../listening/turn-guesses.js';
import type { Playout } from '../playout/playout.js';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import type { HistoryEntry } from './history.js';
import type { PreemptionOptions } from './preemption.js';

export interface ConversationOptions extends PreemptionOptions {
  /** Said before the greeting; nothing if it is empty. */
  readonly disclosure: string;
  /** Said when an agent or a voice fails. */
  readonly sorry: string;
  /** Said when it fails twice in a row, before the call ends. */
  readonly closing: string;
}

/** What a conversation needs of its call. */
export interface ConversationLine {
  readonly call: VoiceCall;
  readonly playout: Playout;
  /** Emits while the caller is speaking, and at once to whoever subscribes meanwhile: a level, not an edge. */
  readonly userSpeech$: Observable<unknown>;
  /** What the turn would be if the caller said no more; undefined: the caller goes on. */
  readonly guesses$: Observable<TurnGuess | undefined>;
  readonly turns$: Observable<TurnGuess>;
  /** Reversible silence: true holds the utterance, false lets it go on. */
  readonly held$: Observable<boolean>;
  /** The caller has finished speaking. */
  turned(turn: TurnGuess): void;
  stepped(step: AnswerStep): void;
  /** So much text was handed to the voice. */
  spoken(characters: number): void;
  /** @param answer the answer to a turn that it is, if it is one */
  sounding(answer: number | undefined): void;
  accounted(account: SettledUtterance, answer: number | undefined): void;
  failed(error: unknown): void;
  remembered(entry: HistoryEntry): void;
  /**
   * Ends the call.
   * @param outcome `failed` lets the telephone company say the closing word that we could not say
   */
  end(reason: 'hung-up' | 'failed' | 'limit' | 'drained', outcome: 'completed' | 'failed'): void;
}
