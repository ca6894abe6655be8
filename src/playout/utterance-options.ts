import type { PacerOptions } from './pacer.js';
import type { SettledUtterance } from './settled-utterance.js';

export interface UtteranceOptions extends PacerOptions {
  /** How long the echo of a fence may take before the clock decides, ms. */
  readonly fenceTimeoutMs: number;
  /** From the start to the first audio, ms; later the utterance fails. */
  readonly replyTimeoutMs: number;
  /** Longest silence in the middle because no audio comes, ms; longer, and the utterance fails. */
  readonly stallTimeoutMs: number;
}

export interface UtteranceListener {
  /** The first byte has been sent. */
  sounding(): void;
  /** No more speech is wanted. */
  stopSource(): void;
  settled(account: SettledUtterance): void;
}
