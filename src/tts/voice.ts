import type { Observable } from 'rxjs';

/** A piece of text and when it sounds; times in ms from the first byte of the chunk that carries it. */
export interface AlignedText {
  /** A word or a character, with the white space and punctuation that belong to it: joined, the spans give the text. */
  readonly text: string;
  /** Negative: it began in an earlier chunk. */
  readonly startMs: number;
  readonly endMs: number;
}

/** A stretch of speech in playing order. */
export interface SpeechChunk {
  /** mu-law, 8 kHz, mono; 8 bytes are 1 ms; any length, also empty. */
  readonly audio: Uint8Array;
  /** What is said and when; may reach beyond this chunk's audio into that of the following chunks. */
  readonly alignment?: readonly AlignedText[];
  /** The times of {@link alignment} are estimates: heard text is then proportional between what is known. */
  readonly estimated?: boolean;
  /** Text that starts with this chunk, for voices without alignment: heard text is then proportional. */
  readonly text?: string;
  /** Another way of speaking takes over here: text that was told but had no audio yet is told again. */
  readonly resumed?: boolean;
}

/** How to speak: for a call, or for one utterance. Vendors add their own settings by declaration merging. */
export interface VoiceOptions {
  /** BCP 47 language tag, e.g. `en-US`. */
  readonly language?: string;
  /** Vendor's or built-in voice name. */
  readonly voice?: string;
}

/** What is to be known of one utterance. */
export interface UtteranceVoiceOptions extends VoiceOptions {
  /** Resolves when more speech is wanted: waited for before each clause, so that little is made in vain. */
  readonly demand?: () => Promise<void>;
  /** Whether the caller is waiting to hear it; default: yes. Speech that is made in advance has no silence to fill. */
  readonly awaited?: () => boolean;
  /** The text is a fixed phrase, which will be said again word for word: what was made of it is worth keeping. */
  readonly phrase?: boolean;
}

/** Speech of a text. Cold: each subscription synthesises anew; unsubscribing cancels. */
export type Synthesize = (
  /** The text as it is written, in pieces of any size; completes when the utterance is complete. */
  text$: Observable<string>,
  options?: UtteranceVoiceOptions,
) => Observable<SpeechChunk>;

/** Turns text into speech. */
export interface Voice {
  /** Name used in logs. */
  readonly name: string;
  synthesize(text$: Observable<string>, options?: UtteranceVoiceOptions): Observable<SpeechChunk>;
  /** For a voice that keeps connections: the voice of one call. */
  open?(): VoiceSession;
}

/** A voice for as long as a call lasts. */
export interface VoiceSession {
  /** @throws Error that names a wrong setting */
  check?(options: VoiceOptions): void;
  /** Connects, so that the first utterance does not wait for it; called again when the call's settings change. */
  warm?(options: VoiceOptions): void;
  /** Ways to speak one utterance, best first: when one fails, the next is given the text that has no audio yet. */
  ways(options: UtteranceVoiceOptions): readonly SpeechWay[];
  /** The call is over: every connection goes. */
  close(): void;
}

/** One way to speak. */
export interface SpeechWay {
  /** Name used in logs. */
  readonly name: string;
  readonly synthesize: Synthesize;
}

/** A voice did not speak. Its message holds no word of a caller or an agent. */
export class SpeechFailedError extends Error {
  override readonly name = 'SpeechFailedError';

  /**
   * @param code the vendor's error code, or ours: `timeout`, `stalled`, `closed`, `incomplete`, …
   * @param lasts what another try cannot help: nothing of the `account`, as with a wrong key, or this `voice`
   */
  constructor(
    message: string,
    readonly code: string,
    readonly lasts?: 'account' | 'voice',
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** Another try of the same utterance with this vendor cannot help. */
  get lasting(): boolean {
    return this.lasts !== undefined;
  }
}

/** DI token of the {@link Voice}. */
export const VOICE = Symbol('VOICE');
/** DI token of the {@link Voice} that speaks when the first one cannot; none by default. */
export const FALLBACK_VOICE = Symbol('FALLBACK_VOICE');
