import { BehaviorSubject, distinctUntilChanged, filter, type Observable, Subject } from 'rxjs';
import { SILENCE_DB } from '../audio/level.js';
import { decodeMuLaw, MU_LAW_BYTES_PER_MS } from '../audio/mu-law.js';
import type { CancelTimer, Clock } from '../call/clock.js';
import { EchoGuard } from './echo-guard.js';
import type { TurnHint } from './endpointing.js';
import { FarEnd } from './far-end.js';
import { LineClock } from './line-clock.js';
import { LoudEnd } from './loud-end.js';
import type { ListeningOptions } from './listening-profiles.js';
import { SustainedSpeech } from './sustained-speech.js';
import type { VoiceActivityDetector } from './voice-activity-detector.js';

/** One stretch of the caller's speech; times on the stream's own audio clock, ms since its first frame. */
export interface CallerUtterance {
  readonly onsetMs: number;
  /** End of the last voiced window. */
  readonly endMs: number;
  /** From onset to end, pauses included. */
  readonly durationMs: number;
  readonly voicedMs: number;
  /** When its last sound arrived, less the network's jitter, ms on the clock. */
  readonly lastSampleAtMs: number;
}

/** The caller has fallen silent, but may go on. */
export interface CallerPause {
  /** From onset to the pause, earlier pauses included, ms. */
  readonly durationMs: number;
  /** When the last sound before it arrived, less the network's jitter, ms on the clock. */
  readonly lastSampleAtMs: number;
}

/** Frames that are no further apart than this are late, not missing, ms. */
const JITTER_MS = 20;
/** Missing frames count as silence up to this, ms: a longer gap is a broken clock. */
const LONGEST_GAP_MS = 10_000;
/** Silence is judged in steps of this, ms. */
const SILENT_STEP_MS = 20;
/** Without any audio for so long the caller counts as silent, ms. */
const NO_AUDIO_MS = 750;
/** A silence of so much may be the end of a turn: far less than ends one, so that words are there in time, ms. */
const PAUSE_MS = 200;
const BLOCK_SAMPLES = 160;

/** Listens to the caller of one stream. */
export class CallerSpeech {
  readonly #detector: VoiceActivityDetector;
  readonly #clock: Clock;
  readonly #talking: () => boolean;
  readonly #rule: SustainedSpeech;
  readonly #echo: EchoGuard;
  readonly #line = new LineClock();
  readonly #speaking = new BehaviorSubject(false);
  readonly #utterances = new Subject<CallerUtterance>();
  readonly #pauses = new Subject<CallerPause | undefined>();
  #pauseTold = false;
  readonly #samples = new Int16Array(BLOCK_SAMPLES);
  readonly #loud = new LoudEnd();
  #lastSampleMs = 0;
  #judgedMs = 0;
  /** Audio that waits for its window to be complete, ms. */
  #waitingMs = 0;
  /** Silence that was made up because nothing came: if its audio comes after all, it did not happen. */
  #assumedMs = 0;
  #nextTimestampMs: number | undefined;
  #lastAudioAt = 0;
  #cancelWatch: CancelTimer | undefined;
  #closed = false;

  /**
   * @param talking whether the caller may be hearing us now
   * @param farEnd what the caller hears of us
   */
  constructor(
    detector: VoiceActivityDetector,
    clock: Clock,
    options: ListeningOptions,
    talking: () => boolean,
    farEnd = new FarEnd(),
  ) {
    this.#detector = detector;
    this.#clock = clock;
    this.#talking = talking;
    this.#echo = new EchoGuard(farEnd, options.echo);
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

  /** When the first sound of what the caller is saying arrived, less the network's jitter, ms on the clock. */
  get onsetAtMs(): number {
    return this.#line.toClock(this.#loud.onset(this.#judgedMs - this.#rule.sinceOnsetMs));
  }

  /** Each utterance of the caller, when it has ended. One that is cut off by {@link close} is not told. */
  get utterances$(): Observable<CallerUtterance> {
    return this.#utterances.asObservable();
  }

  /** Each pause, the one that ends an utterance included, and `undefined` when the caller goes on. */
  get pauses$(): Observable<CallerPause | undefined> {
    return this.#pauses.asObservable();
  }

  /**
   * @param mulaw 8 kHz, any length
   * @param timestampMs Twilio's presentation time of its first sample
   */
  audio(mulaw: Uint8Array, timestampMs: number): void {
    if (this.#closed) return;
    this.#lastAudioAt = this.#clock.now();
    this.#catchUp(timestampMs - (this.#nextTimestampMs ?? timestampMs));
    this.#nextTimestampMs = timestampMs + mulaw.length / MU_LAW_BYTES_PER_MS;
    this.#waitingMs += mulaw.length / MU_LAW_BYTES_PER_MS;
    this.#line.arrived(this.#judgedMs + this.#waitingMs, this.#lastAudioAt);
    const endMs = this.#judgedMs + this.#waitingMs;
    for (let at = 0; at < mulaw.length; at += BLOCK_SAMPLES)
      this.#block(mulaw.subarray(at, at + BLOCK_SAMPLES), endMs - (mulaw.length - at) / MU_LAW_BYTES_PER_MS);
    if (this.#rule.speaking) this.#watch(NO_AUDIO_MS);
  }

  /** What a transcriber makes of the caller's words so far: it moves the end of the turn. */
  hint(hint: TurnHint): void {
    this.#rule.hint(hint);
  }

  /** Completes everything; audio that comes later is ignored. */
  close(): void {
    this.#closed = true;
    this.#cancelWatch?.();
    this.#speaking.complete();
    this.#pauses.complete();
    this.#utterances.complete();
  }

  #block(mulaw: Uint8Array, startMs: number): void {
    const samples = decodeMuLaw(mulaw, this.#samples).subarray(0, mulaw.length);
    this.#loud.push(samples, startMs);
    this.#detector.process(samples, this.#onWindow);
  }

  readonly #onWindow = (probability: number, levelDb: number): void => {
    const { windowMs } = this.#detector;
    this.#waitingMs -= windowMs;
    const endMs = this.#line.toClock(this.#judgedMs + windowMs);
    const ours = this.#echo.explains(levelDb, endMs, !this.#rule.speaking);
    this.#judge(ours ? 0 : probability, levelDb, windowMs);
  };

  /** Takes missing frames for silence, less what was taken for silence while nothing came. */
  #catchUp(gapMs: number): void {
    if (gapMs > LONGEST_GAP_MS) this.#line.skipped(gapMs - LONGEST_GAP_MS);
    const missingMs = Math.min(gapMs, LONGEST_GAP_MS) - this.#assumedMs;
    if (missingMs > JITTER_MS) this.#silence(missingMs);
    else if (missingMs < 0) this.#judgedMs -= Math.min(-missingMs, this.#assumedMs);
    this.#assumedMs = 0;
  }

  #silence(ms: number): void {
    for (let left = ms; left > 0; left -= SILENT_STEP_MS)
      this.#judge(0, SILENCE_DB, Math.min(SILENT_STEP_MS, left));
  }

  #judge(probability: number, levelDb: number, ms: number): void {
    this.#judgedMs += ms;
    const change = this.#rule.push(probability, levelDb, ms, this.#talking());
    // The window behind the last voiced one may hold the end of the word.
    if (this.#rule.speaking && this.#rule.silentMs <= ms)
      this.#lastSampleMs = this.#loud.before(this.#judgedMs);
    if (change === 'started') this.#speaking.next(true);
    if (this.#rule.speaking || change === 'ended') this.#tellPause(this.#rule.silentMs >= PAUSE_MS);
    if (change === 'ended') this.#ended();
  }

  #tellPause(pausing: boolean): void {
    if (pausing === this.#pauseTold) return;
    this.#pauseTold = pausing;
    const { sinceOnsetMs, silentMs } = this.#rule;
    const lastSampleAtMs = this.#line.toClock(this.#lastSampleMs);
    this.#pauses.next(pausing ? { durationMs: sinceOnsetMs - silentMs, lastSampleAtMs } : undefined);
  }

  #ended(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    const { sinceOnsetMs, silentMs, voicedMs } = this.#rule;
    const onsetMs = this.#judgedMs - sinceOnsetMs;
    const endMs = this.#judgedMs - silentMs;
    this.#speaking.next(false);
    const lastSampleAtMs = this.#line.toClock(this.#lastSampleMs);
    this.#utterances.next({ onsetMs, endMs, durationMs: endMs - onsetMs, voicedMs, lastSampleAtMs });
  }

  /** An utterance must end even if the far end stops sending altogether. One timer looks after all its frames. */
  #watch(delayMs: number): void {
    if (this.#closed || this.#cancelWatch !== undefined) return;
    this.#cancelWatch = this.#clock.after(delayMs, () => {
      this.#cancelWatch = undefined;
      const leftMs = this.#lastAudioAt + NO_AUDIO_MS - this.#clock.now();
      if (leftMs > 0) this.#watch(leftMs);
      else this.#assumeSilence(this.#rule.waitMs);
    });
  }

  #assumeSilence(ms: number): void {
    this.#assumedMs += ms;
    this.#silence(ms);
  }
}
