import { decibelFullScale } from '../audio/level.js';
import type { VoiceActivityDetector, WindowListener } from './voice-activity-detector.js';

/** Of the {@link EnergyDetector}; each has a default. */
export interface EnergyDetectorOptions {
  /** Level above the noise floor at which speech is as likely as not, dB. Default 8. */
  readonly thresholdDb?: number;
  /** Level below which a window is rather not speech, however soft the background, dBFS. Default -45. */
  readonly minimumDb?: number;
  /** A louder background has become the floor after so long, ms. Default 1600. */
  readonly floorMemoryMs?: number;
}

const WINDOW_MS = 20;
const WINDOW_SAMPLES = 160;
/** Probability goes from a half to 0.73 in so much, dB. */
const SLOPE_DB = 2;
/** Pole of the high-pass filter: about 180 Hz, above mains hum and below the telephone band. */
const POLE = 0.87;
/** Makes the filter's gain one in the speech band. */
const GAIN = ((1 + POLE) / 2) ** 2;
/**
 * The floor follows a smoothed level, or the deepest of many noisy windows would be the floor. Not smoother than this:
 * the floor must see the dips between the syllables of a caller who does not pause.
 */
const SMOOTHING = 0.3;
/** The floor is the lowest of so many blocks, the oldest of which is forgotten block by block. */
const BLOCKS = 8;
/** While the line is still unknown the floor is no higher: a caller who speaks at once is not background, dBFS. */
const FIRST_FLOOR_DB = -38;

/**
 * Speech by loudness above an adaptive noise floor, in windows of 20 ms. The floor is the lowest level of the last
 * seconds: it falls soon, and follows a louder background after {@link EnergyDetectorOptions.floorMemoryMs}.
 * Costs next to nothing, but takes every sudden noise for speech: the rule for sustained speech has to do the rest.
 */
export class EnergyDetector implements VoiceActivityDetector {
  readonly windowMs = WINDOW_MS;
  readonly #thresholdDb: number;
  readonly #minimumDb: number;
  readonly #blockWindows: number;
  readonly #blocks = new Float64Array(BLOCKS);
  #block = 0;
  #blockAge = 0;
  #blocksHeard = 0;
  #smoothDb = Number.NaN;
  #energy = 0;
  #speechEnergy = 0;
  #count = 0;
  #previous = 0;
  #filtered = 0;

  constructor(options: EnergyDetectorOptions = {}) {
    this.#thresholdDb = options.thresholdDb ?? 8;
    this.#minimumDb = options.minimumDb ?? -45;
    this.#blockWindows = Math.max(1, Math.round((options.floorMemoryMs ?? 1_600) / WINDOW_MS / BLOCKS));
    this.reset();
  }

  process(samples: Int16Array, onWindow: WindowListener): void {
    for (const sample of samples) {
      this.#sample(sample);
      if (this.#count === WINDOW_SAMPLES) this.#window(onWindow);
    }
  }

  reset(): void {
    this.#blocks.fill(Number.POSITIVE_INFINITY);
    this.#block = this.#blockAge = this.#blocksHeard = 0;
    this.#smoothDb = Number.NaN;
    this.#energy = this.#speechEnergy = this.#count = this.#previous = this.#filtered = 0;
  }

  #sample(sample: number): void {
    this.#filtered = sample - this.#previous + POLE * this.#filtered;
    this.#previous = sample;
    this.#energy += sample * sample;
    this.#speechEnergy += this.#filtered * this.#filtered;
    this.#count++;
  }

  #window(onWindow: WindowListener): void {
    const levelDb = decibelFullScale(this.#energy / WINDOW_SAMPLES);
    const speechDb = decibelFullScale((GAIN * this.#speechEnergy) / WINDOW_SAMPLES);
    this.#energy = this.#speechEnergy = this.#count = 0;
    this.#follow(speechDb);
    const aboveDb = Math.min(speechDb - this.#floorDb() - this.#thresholdDb, speechDb - this.#minimumDb);
    onWindow(1 / (1 + Math.exp(-aboveDb / SLOPE_DB)), levelDb);
  }

  #follow(db: number): void {
    this.#smoothDb = Number.isNaN(this.#smoothDb) ? db : this.#smoothDb + SMOOTHING * (db - this.#smoothDb);
    this.#blocks[this.#block] = Math.min(this.#blocks[this.#block] ?? db, this.#smoothDb);
    if (++this.#blockAge < this.#blockWindows) return;
    this.#blockAge = 0;
    this.#blocksHeard++;
    this.#block = (this.#block + 1) % BLOCKS;
    this.#blocks[this.#block] = Number.POSITIVE_INFINITY;
  }

  #floorDb(): number {
    let floorDb = this.#blocksHeard < BLOCKS ? FIRST_FLOOR_DB : Number.POSITIVE_INFINITY;
    for (let index = 0; index < BLOCKS; index++) floorDb = Math.min(floorDb, this.#blocks[index] ?? floorDb);
    return floorDb;
  }
}
