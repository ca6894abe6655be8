import { LEVEL_STEPS, STEP_MS, type FarEnd } from './far-end.js';
import { Likeness } from './likeness.js';

/** How our own voice is told from the caller's when it comes back on the line. */
export interface EchoGuardOptions {
  /** Longest way from sending to hearing our echo again, network included, ms. */
  readonly longestDelayMs: number;
  /** How loud an echo is expected as long as nothing is known, dB relative to what was sent. */
  readonly expectedDb: number;
  /** What must exceed the estimated echo to be the caller, dB. */
  readonly marginDb: number;
}

export const ECHO_GUARD_DEFAULTS: EchoGuardOptions = {
  longestDelayMs: 560,
  expectedDb: -18,
  marginDb: 6,
};

/** Softer than this we are silent: no echo of it is feared, and it teaches nothing, dBFS. */
const AUDIBLE_DB = -45;
/** How fast a bound follows a softer near end, share of the difference per window. */
const FALL = 0.25;
/** The same for a louder one, which may be the caller: slowly, and by no more than so much, dB. */
const RISE = 0.05;
const RISE_DB = 6;
/** Only what is this near to our loudest lifts a bound: behind softer speech, noise looks like a loud echo, dB. */
const LOUD_DB = 12;
/** How fast our loudest is forgotten, dB per window: 1 dB in two seconds. */
const FORGET_DB = 1 / 64;
/** Windows of our voice after which the bound at a delay is known: about half a second. */
const KNOWN_WINDOWS = 16;
/** Levels below this do not count as following ours, dBFS. */
const FLOOR_DB = -50;
/**
 * How much the near end must follow us for a full margin, and for any: on a line without echo noise bounds all delays,
 * and asking more of the caller there would cost words.
 */
const ECHO_LIKENESS = 0.4;
const CHANCE_LIKENESS = 0.25;

/**
 * Tells which windows of caller audio our own voice explains. An echo is never softer than what came back, so at each
 * delay the least that was heard after our voice bounds the echo that may have this delay. Only at the true delay does
 * the near end never fall silent behind us: there the bound stands out and is the echo's level, everywhere else it
 * sinks to the noise on the line. A caller who talks meanwhile only adds, and so does not mislead it.
 * Pure accounting; allocates nothing per window.
 */
export class EchoGuard {
  readonly #farEnd: FarEnd;
  readonly #marginDb: number;
  /** How much louder or softer than ours an echo with this delay may be, dB, by steps of delay. */
  readonly #gainDb: Float64Array;
  #lastStep = Number.NEGATIVE_INFINITY;
  #peakDb = Number.NEGATIVE_INFINITY;
  /** Our levels, by delay. */
  readonly #farDb: Float64Array;
  /** Windows learned from at each delay, as far as they matter. */
  readonly #windows: Uint8Array;
  readonly #likeness: Likeness;

  constructor(farEnd: FarEnd, options: EchoGuardOptions = ECHO_GUARD_DEFAULTS) {
    this.#farEnd = farEnd;
    this.#marginDb = options.marginDb;
    const delays = Math.ceil(options.longestDelayMs / STEP_MS) + 1;
    this.#gainDb = new Float64Array(delays).fill(options.expectedDb);
    this.#farDb = new Float64Array(delays);
    this.#windows = new Uint8Array(delays);
    this.#likeness = new Likeness(delays);
  }

  /** The delay at which an echo is likeliest, ms. */
  get delayMs(): number {
    return this.#gainDb.indexOf(this.gainDb) * STEP_MS;
  }

  /** How loud an echo is at most, relative to what was sent, dB. */
  get gainDb(): number {
    return loudest(this.#gainDb);
  }

  /**
   * @param levelDb level of a window of caller audio, dBFS
   * @param endMs when it ended, on the clock
   * @param learn whether the caller is thought silent
   * @returns whether our own echo may be all there is in it
   */
  explains(levelDb: number, endMs: number, learn: boolean): boolean {
    const step = Math.floor(endMs / STEP_MS);
    const loudestDb = this.#look(step);
    if (loudestDb < AUDIBLE_DB) return false;
    this.#peakDb = Math.max(loudestDb, this.#peakDb - FORGET_DB);
    const certainty = this.#certainty;
    let explained = false;
    for (let delay = 0; delay < this.#gainDb.length; delay++) {
      const farDb = this.#farDb[delay] as number;
      if (farDb < AUDIBLE_DB) continue;
      const known = (this.#windows[delay] as number) >= KNOWN_WINDOWS;
      const share = known ? certainty : 1;
      const echoDb = farDb + (this.#gainDb[delay] as number);
      if (share > 0 && levelDb < echoDb + this.#marginDb * share) explained = true;
      if (learn) this.#learn(delay, levelDb, farDb);
    }
    if (learn) this.#compare(levelDb);
    return explained;
  }

  /** @returns the loudest of our levels that may be coming back now, dBFS */
  #look(step: number): number {
    const moved = step - this.#lastStep;
    this.#lastStep = step;
    const delays = this.#farDb.length;
    // Levels of the past stay what they were; the latest may have been read before they were whole.
    const unread = moved >= 0 && moved < delays ? moved + LEVEL_STEPS : delays;
    if (unread < delays) this.#farDb.copyWithin(moved, 0);
    for (let delay = 0; delay < Math.min(unread, delays); delay++)
      this.#farDb[delay] = this.#farEnd.levelDb(step - delay);
    return loudest(this.#farDb);
  }

  /** How much of the margin is called for, 0 to 1. */
  get #certainty(): number {
    const share = (this.#likeness.greatest - CHANCE_LIKENESS) / (ECHO_LIKENESS - CHANCE_LIKENESS);
    return Math.min(1, Math.max(0, share));
  }

  #learn(delay: number, levelDb: number, farDb: number): void {
    const gain = this.#gainDb[delay] as number;
    const error = levelDb - farDb - gain;
    if (error < 0) this.#gainDb[delay] = gain + FALL * error;
    else if (farDb > this.#peakDb - LOUD_DB) this.#gainDb[delay] = gain + RISE * Math.min(error, RISE_DB);
    this.#windows[delay] = Math.min(KNOWN_WINDOWS, (this.#windows[delay] as number) + 1);
  }

  #compare(levelDb: number): void {
    this.#likeness.near(levelDb);
    for (let delay = 0; delay < this.#farDb.length; delay++)
      this.#likeness.far(delay, Math.max(FLOOR_DB, this.#farDb[delay] as number), levelDb);
  }
}

function loudest(levels: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const level of levels) if (level > most) most = level;
  return most;
}
