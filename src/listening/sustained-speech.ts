/** How much voice makes speech. */
export interface SpeechBar {
  /** Voiced time that is enough, ms. */
  readonly voicedMs: number;
  /** The stretch it must fall into, ms. */
  readonly withinMs: number;
  /** Probability from which a window counts as voiced, 0 to 1. */
  readonly probability: number;
  /** Softer windows do not count, dBFS. */
  readonly minimumDb: number;
}

export interface SustainedSpeechOptions {
  /** The bar while we are silent. */
  readonly quiet: SpeechBar;
  /** The higher bar while the caller can hear us: our own echo must not pass it. */
  readonly talking: SpeechBar;
  /** Probability that keeps speech going once it has begun: lower than to start, 0 to 1. */
  readonly stayProbability: number;
  /** Silence after which speech has ended, ms. */
  readonly endSilenceMs: number;
}

export const SUSTAINED_SPEECH_DEFAULTS: SustainedSpeechOptions = {
  quiet: { voicedMs: 100, withinMs: 240, probability: 0.5, minimumDb: -60 },
  talking: { voicedMs: 160, withinMs: 320, probability: 0.6, minimumDb: -42 },
  stayProbability: 0.35,
  endSilenceMs: 700,
};

export type SpeechChange = 'started' | 'ended';

interface Window {
  readonly ms: number;
  readonly voiced: boolean;
}

/**
 * Decides from windows of voice activity when the caller speaks. Pure accounting: only voiced time counts, never the
 * time that a detector hangs over, so a short noise cannot grow into speech. Time is the audio's own.
 */
export class SustainedSpeech {
  readonly #options: SustainedSpeechOptions;
  #window: Window[] = [];
  #windowMs = 0;
  #speaking = false;
  #silentMs = 0;
  #voicedMs = 0;
  #elapsedMs = 0;
  #onsetAgoMs = 0;

  constructor(options: SustainedSpeechOptions = SUSTAINED_SPEECH_DEFAULTS) {
    this.#options = options;
  }

  get speaking(): boolean {
    return this.#speaking;
  }

  /** Voiced time of the speech that is going on or has just ended, ms. */
  get voicedMs(): number {
    return this.#voicedMs;
  }

  /** How long before now the speech that is going on or has just ended began, ms. */
  get sinceOnsetMs(): number {
    return this.#onsetAgoMs + this.#elapsedMs;
  }

  /** Silence since the last voiced window, ms. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /**
   * @param probability of speech in the window, 0 to 1
   * @param levelDb level of the window, dBFS
   * @param ms length of the window
   * @param talking whether the caller can hear us
   */
  push(probability: number, levelDb: number, ms: number, talking: boolean): SpeechChange | undefined {
    return this.#speaking ? this.#goOn(probability, ms) : this.#wait(probability, levelDb, ms, talking);
  }

  #wait(probability: number, levelDb: number, ms: number, talking: boolean): SpeechChange | undefined {
    const bar = talking ? this.#options.talking : this.#options.quiet;
    this.#window.push({ ms, voiced: probability >= bar.probability && levelDb >= bar.minimumDb });
    this.#windowMs += ms;
    while (this.#window.length > 0 && (this.#windowMs > bar.withinMs || this.#window[0]?.voiced === false))
      this.#windowMs -= this.#window.shift()?.ms ?? 0;
    const voicedMs = this.#window.reduce((sum, window) => sum + (window.voiced ? window.ms : 0), 0);
    if (voicedMs < bar.voicedMs) return undefined;
    this.#speaking = true;
    this.#voicedMs = voicedMs;
    this.#onsetAgoMs = this.#windowMs;
    this.#elapsedMs = 0;
    this.#silentMs = 0;
    this.#window = [];
    this.#windowMs = 0;
    return 'started';
  }

  #goOn(probability: number, ms: number): SpeechChange | undefined {
    this.#elapsedMs += ms;
    if (probability >= this.#options.stayProbability) {
      this.#voicedMs += ms;
      this.#silentMs = 0;
      return undefined;
    }
    this.#silentMs += ms;
    if (this.#silentMs < this.#options.endSilenceMs) return undefined;
    this.#speaking = false;
    return 'ended';
  }
}
