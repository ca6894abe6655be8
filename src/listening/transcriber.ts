import type { Observable } from 'rxjs';

/** What the caller has said, as far as the recogniser knows. */
export interface Transcript {
  /** The words of the phrase so far: each transcript replaces the partial one before it. */
  readonly text: string;
  /** True when these words are settled: the next transcript begins a new phrase. False while they may still change. */
  readonly final: boolean;
}

/**
 * Turns caller audio into words. Optional: without one, voice activity alone drives turns.
 *
 * One subscription is one call: subscribing begins to recognise, unsubscribing cancels it and lets go of whatever was
 * opened. Audio that arrives while the recogniser is still connecting must be kept, not dropped.
 */
export interface Transcriber {
  /**
   * @param audio$ mu-law, 8 kHz, mono, in pieces of any length and in real time; it completes when the stream ends
   * @returns partial and final transcripts; completes after the last one, and errors when recognition has failed for good
   */
  transcribe(audio$: Observable<Uint8Array>): Observable<Transcript>;
}

/** DI token of the {@link Transcriber}. */
export const TRANSCRIBER = Symbol('TRANSCRIBER');
