import type { Observable } from 'rxjs';

/** A word and when it was spoken; ms since the first sample of the audio that was handed in. */
export interface TranscribedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** What a transcriber makes of the caller's speech since the last commit. */
export interface Transcript {
  readonly text: string;
  /** False: it may change as the caller goes on. True: the answer to a commit. */
  readonly final: boolean;
  /** BCP 47 tag, where the transcriber tells it. */
  readonly language?: string;
  /** 0 to 1, where the transcriber tells it. */
  readonly confidence?: number;
  readonly words?: readonly TranscribedWord[];
}

/** What a {@link Transcriber} is told of one call. */
export interface TranscriberOptions {
  /** Each emission asks for the final transcript of what was said since the one before. */
  readonly commit$: Observable<unknown>;
  /** BCP 47 tag of the language to expect; default: the transcriber finds it out. */
  readonly language?: string;
}

/**
 * Turns the caller's speech into words. One subscription per call, from its start to its end; unsubscribing lets go of
 * every connection. The contract: partial transcripts as they come; exactly one final one per commit, in order, empty
 * if nothing was said; a lost connection is mended inside, without losing audio since the last commit. An error ends
 * the transcripts of the call, and the call goes on without words.
 */
export interface Transcriber {
  /** Name used in logs. */
  readonly name: string;
  /** @param audio$ the caller's audio without gaps: mu-law, 8 kHz, in frames of any length */
  transcribe(audio$: Observable<Uint8Array>, options: TranscriberOptions): Observable<Transcript>;
}

/** A transcriber gave up. Its message holds no word of a caller: only such messages are logged. */
export class TranscriberFailedError extends Error {
  override readonly name = 'TranscriberFailedError';
}

/** DI token of the {@link Transcriber}; without one, turns have no words. */
export const TRANSCRIBER = Symbol('TRANSCRIBER');
