import type { Observable } from 'rxjs';

/** A piece of text and when it sounds; times in ms from the first byte of the chunk that carries it. */
export interface AlignedText {
  /** A word or a character, with the white space and punctuation that belong to it: joined, the spans give the text. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A stretch of speech in playing order. */
export interface SpeechChunk {
  /** mu-law, 8 kHz, mono; 8 bytes are 1 ms; any length, also empty. */
  readonly audio: Uint8Array;
  /** What is said and when; may reach beyond this chunk's audio into that of the following chunks. */
  readonly alignment?: readonly AlignedText[];
  /** Text that starts with this chunk, for voices without alignment: heard text is then proportional. */
  readonly text?: string;
}

export interface VoiceOptions {
  /** BCP 47 language tag, e.g. `en-US`. */
  readonly language?: string;
  /** Vendor's or built-in voice name. */
  readonly voice?: string;
  /** Resolves when more speech is wanted: waited for before each clause, so that little is made in vain. */
  readonly demand?: () => Promise<void>;
}

/** Turns text into speech. Cold: each subscription synthesises anew; unsubscribing cancels. */
export interface Voice {
  /** Name used in logs. */
  readonly name: string;
  /**
   * @param text$ the text as it is written, in pieces of any size; completes when the utterance is complete
   */
  synthesize(text$: Observable<string>, options?: VoiceOptions): Observable<SpeechChunk>;
}

/** DI token of the {@link Voice}. */
export const VOICE = Symbol('VOICE');
