import { Endpointing, type EndpointingOptions, type TurnHint } from './endpointing.js';

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
  /** An unvoiced gap longer than this forgets what was voiced before it, as long as speech has not begun, ms. */
  readonly maxGapMs: number;
  /** Probability that keeps speech going once it has begun: lower than to start, 0 to 1. */
  readonly stayProbability: number;
  /** Once speech has begun, windows may be softer than the bar by so much, dB. */
  readonly stayDb: number;
  /** Shorter runs of voice do not keep speech going: a click in a pause must not put off its end, ms. */
  readonly stayVoicedMs: number;
  /** How much silence ends speech that has begun. */
  readonly endpointing: EndpointingOptions;
}

export type SpeechChange = 'started' | 'ended';

interface Stretch {
  readonly ms: number;
  readonly voiced: boolean;
}

/**
 * Decides from windows of voice activity when the caller speaks. Pure accounting: only voiced time counts, never the
 * time that a detector hangs over, so a short noise cannot grow into speech. Time is the audio's own.
 */
export class SustainedSpeech {
  readonly #options: SustainedSpeechOptions;
  readonly #endpointing: Endpointing;
  /** The windows that may yet become speech; the first of them is voiced. */
  #recent: Stretch[] = [];
  #recentMs = 0;
  #speaking = false;
  #silentMs = 0;
  /** The run of voice that the last window belongs to. */
  #runMs = 0;
  #voicedMs = 0;
  #sinceOnsetMs = 0;

  constructor(options: SustainedSpeechOptions) {
    this.#options = options;
    this.#endpointing = new Endpointing(options.endpointing);
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
    return this.#sinceOnsetMs;
  }

  /** Time since the last voiced window, ms. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** Silence that ends the speech that is going on, as things stand, ms. */
  get waitMs(): number {
    return this.#endpointing.waitMs;
  }

  /** What a transcriber makes of the words so far: a whole sentence ends sooner, half a one later. */
  hint(hint: TurnHint): void {
    this.#endpointing.hint(hint);
  }

  /**
   * @param probability of speech in the window, 0 to 1
   * @param levelDb level of the window, dBFS
   * @param ms length of the window
   * @param talking whether the caller can hear us
   */
  push(probability: number, levelDb: number, ms: number, talking: boolean): SpeechChange | undefined {
    const bar = talking ? this.#options.talking : this.#options.quiet;
    return this.#speaking
      ? this.#goOn(this.#stays(probability, levelDb, bar), ms)
      : this.#wait(probability >= bar.probability && levelDb >= bar.minimumDb, ms, bar);
  }

  #stays(probability: number, levelDb: number, bar: SpeechBar): boolean {
    return probability >= this.#options.stayProbability && levelDb >= bar.minimumDb - this.#options.stayDb;
  }

  #wait(voiced: boolean, ms: number, bar: SpeechBar): SpeechChange | undefined {
    if (!voiced && this.#recent.length === 0) return undefined;
    this.#silentMs = voiced ? 0 : this.#silentMs + ms;
    this.#recent.push({ ms, voiced });
    this.#recentMs += ms;
    this.#forget(bar);
    const voicedMs = this.#recent.reduce((sum, stretch) => sum + (stretch.voiced ? stretch.ms : 0), 0);
    return voicedMs < bar.voicedMs ? undefined : this.#start(voicedMs);
  }

  #forget(bar: SpeechBar): void {
    if (this.#silentMs > this.#options.maxGapMs) this.#clear();
    while (this.#recentMs > bar.withinMs || this.#recent[0]?.voiced === false)
      this.#recentMs -= this.#recent.shift()?.ms ?? this.#recentMs;
  }

  #start(voicedMs: number): SpeechChange {
    this.#speaking = true;
    this.#voicedMs = voicedMs;
    this.#sinceOnsetMs = this.#recentMs;
    this.#silentMs = 0;
    this.#runMs = this.#options.stayVoicedMs;
    this.#clear();
    return 'started';
  }

  #goOn(voiced: boolean, ms: number): SpeechChange | undefined {
    this.#sinceOnsetMs += ms;
    if (voiced) this.#goOnVoiced(ms);
    else this.#goOnUnvoiced(ms);
    if (this.#silentMs < this.#endpointing.waitMs) return undefined;
    this.#speaking = false;
    this.#endpointing.ended();
    return 'ended';
  }

  #goOnVoiced(ms: number): void {
    this.#voicedMs += ms;
    this.#runMs += ms;
    if (this.#runMs < this.#options.stayVoicedMs || this.#silentMs === 0) return;
    this.#endpointing.resumed(this.#silentMs);
    this.#silentMs = 0;
  }

  /** Only when a run is over is it known to have been a click: then it was part of the silence. */
  #goOnUnvoiced(ms: number): void {
    this.#silentMs += ms + (this.#runMs < this.#options.stayVoicedMs ? this.#runMs : 0);
    this.#runMs = 0;
  }

  #clear(): void {
    this.#recent = [];
    this.#recentMs = 0;
  }
}
