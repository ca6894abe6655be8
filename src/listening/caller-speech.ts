import { BehaviorSubject, distinctUntilChanged, filter, type Observable, Subject } from 'rxjs';
import { decodeMuLaw } from '../audio/mu-law.js';
import type { CancelTimer, Clock } from '../call/clock.js';
import {
  SustainedSpeech,
  SUSTAINED_SPEECH_DEFAULTS,
  type SustainedSpeechOptions,
} from './sustained-speech.js';
import type { VoiceActivityDetector } from './voice-activity-detector.js';

/** One stretch of the caller's speech; times on the stream's own audio clock, ms since its first frame. */
export interface CallerUtterance {
  readonly onsetMs: number;
  /** End of the last voiced window. */
  readonly endMs: number;
  readonly voicedMs: number;
}

const BYTES_PER_MS = 8;
/** Missing frames count as silence up to this, ms: a longer gap is a broken clock. */
const LONGEST_GAP_MS = 10_000;
/** Without any audio for so long the caller counts as silent, ms. */
const NO_AUDIO_MS = 750;

/** Listens to the caller of one stream. */
export class CallerSpeech {
  readonly #detector: VoiceActivityDetector;
  readonly #clock: Clock;
  readonly #talking: () => boolean;
  readonly #rule: SustainedSpeech;
  readonly #options: SustainedSpeechOptions;
  readonly #speaking = new BehaviorSubject(false);
  readonly #utterances = new Subject<CallerUtterance>();
  readonly #samples = new Int16Array(160);
  #heardMs = 0;
  #nextTimestampMs: number | undefined;
  #cancelTimeout: CancelTimer | undefined;

  /** @param talking whether the caller may be hearing us now */
  constructor(
    detector: VoiceActivityDetector,
    clock: Clock,
    talking: () => boolean,
    options: SustainedSpeechOptions = SUSTAINED_SPEECH_DEFAULTS,
  ) {
    this.#detector = detector;
    this.#clock = clock;
    this.#talking = talking;
    this.#options = options;
    this.#rule = new SustainedSpeech(options);
  }

  /** Whether the caller is speaking: a level that a late subscriber gets at once. */
  get speaking$(): Observable<boolean> {
    return this.#speaking.pipe(distinctUntilChanged());
  }

  /** Emits when the caller begins to speak, and at once if the caller is speaking already. */
  get userSpeech$(): Observable<boolean> {
    return this.speaking$.pipe(filter((speaking) => speaking));
  }

  /** Each utterance of the caller, when it has ended. */
  get utterances$(): Observable<CallerUtterance> {
    return this.#utterances.asObservable();
  }

  /**
   * @param mulaw 8 kHz, any length
   * @param timestampMs Twilio's presentation time of its first sample
   */
  audio(mulaw: Uint8Array, timestampMs: number): void {
    const gapMs = timestampMs - (this.#nextTimestampMs ?? timestampMs);
    this.#nextTimestampMs = timestampMs + mulaw.length / BYTES_PER_MS;
    if (gapMs > 20 && gapMs <= LONGEST_GAP_MS) this.#silence(gapMs);
    for (let at = 0; at < mulaw.length; at += this.#samples.length)
      this.#block(mulaw.subarray(at, at + this.#samples.length));
  }

  close(): void {
    this.#cancelTimeout?.();
    this.#speaking.complete();
    this.#utterances.complete();
  }

  #block(mulaw: Uint8Array): void {
    const samples = decodeMuLaw(mulaw, this.#samples).subarray(0, mulaw.length);
    this.#detector.process(samples, this.#onWindow);
  }

  readonly #onWindow = (probability: number, levelDb: number): void => {
    this.#judge(probability, levelDb, this.#detector.windowMs);
  };

  #silence(ms: number): void {
    for (let left = ms; left > 0; left -= 20) this.#judge(0, -96, Math.min(20, left));
  }

  #judge(probability: number, levelDb: number, ms: number): void {
    this.#heardMs += ms;
    const change = this.#rule.push(probability, levelDb, ms, this.#talking());
    if (change === 'started') this.#speaking.next(true);
    if (this.#rule.speaking) this.#expectAudio();
    if (change === 'ended') this.#ended();
  }

  /** An utterance must end even if the far end stops sending audio altogether. */
  #expectAudio(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = this.#clock.after(NO_AUDIO_MS, () => {
      this.#silence(this.#options.endSilenceMs);
    });
  }

  #ended(): void {
    this.#cancelTimeout?.();
    const { sinceOnsetMs, silentMs, voicedMs } = this.#rule;
    this.#speaking.next(false);
    this.#utterances.next({
      onsetMs: this.#heardMs - sinceOnsetMs,
      endMs: this.#heardMs - silentMs,
      voicedMs,
    });
  }
}
