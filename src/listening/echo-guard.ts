import { STEP_MS, type FarEnd } from './far-end.js';

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
  marginDb: 5,
};

/** Softer than this we are silent: no echo of it is feared, and it teaches nothing, dBFS. */
const AUDIBLE_DB = -45;
/** How fast an estimate follows a softer near end, share of the difference per window. */
const FALL = 0.5;
/** The same for a louder one, which may be the caller: slowly, and by no more than so much, dB. */
const RISE = 0.05;
const RISE_DB = 6;

/**
 * Tells which windows of caller audio our own voice explains. An echo is never softer than what came back, so at each
 * delay the least that was heard after our voice bounds the echo that may have this delay. Only at the true delay does
 * the near end never fall silent behind us: there the bound stays and is the echo's level, everywhere else it sinks
 * to the noise on the line. A caller who talks meanwhile only adds, and so does not mislead it.
 * Pure accounting; allocates nothing per window.
 */
export class EchoGuard {
  readonly #farEnd: FarEnd;
  readonly #marginDb: number;
  /** How much louder or softer than ours an echo with this delay may be, dB, by steps of delay. */
  readonly #gainDb: Float64Array;

  constructor(farEnd: FarEnd, options: EchoGuardOptions = ECHO_GUARD_DEFAULTS) {
    this.#farEnd = farEnd;
    this.#marginDb = options.marginDb;
    this.#gainDb = new Float64Array(Math.ceil(options.longestDelayMs / STEP_MS) + 1).fill(options.expectedDb);
  }

  /** The delay at which an echo is likeliest, ms. */
  get delayMs(): number {
    return this.#gainDb.indexOf(this.gainDb) * STEP_MS;
  }

  /** How loud an echo is at most, relative to what was sent, dB. */
  get gainDb(): number {
    return this.#gainDb.reduce((most, gain) => Math.max(most, gain));
  }

  /**
   * @param levelDb level of a window of caller audio, dBFS
   * @param endMs when it ended, on the clock
   * @param learn whether the caller is thought silent
   * @returns whether our own echo may be all there is in it
   */
  explains(levelDb: number, endMs: number, learn: boolean): boolean {
    const step = Math.floor(endMs / STEP_MS);
    let explained = false;
    for (let lag = 0; lag < this.#gainDb.length; lag++) {
      const far = this.#farEnd.levelDb(step - lag);
      if (far < AUDIBLE_DB) continue;
      const gain = this.#gainDb[lag] as number;
      if (levelDb < far + gain + this.#marginDb) explained = true;
      if (learn) this.#gainDb[lag] = gain + learned(levelDb - far - gain);
    }
    return explained;
  }
}

const learned = (error: number) => (error < 0 ? FALL * error : RISE * Math.min(error, RISE_DB));
