import type { VoiceActivityDetector, WindowListener } from './voice-activity-detector.js';

export interface EnergyDetectorOptions {
  /** Level above the noise floor at which speech is as likely as not, dB. */
  readonly thresholdDb?: number;
  /** Anything softer than this is never speech, dBFS. */
  readonly minimumDb?: number;
  /** How fast the floor follows a background that grows louder, dB per second. */
  readonly floorRiseDbPerSecond?: number;
}

const WINDOW_SAMPLES = 160;
const FULL_SCALE = 32_768;
const SILENCE_DB = -96;
/** Between the threshold and so much more or less, probability runs from a half to one or nought, dB. */
const SOFT_DB = 6;
/** A floor starts here until the line has been heard, dBFS. */
const FIRST_FLOOR_DB = -50;
/** How fast the floor falls to a softer background: a share of the distance each window. */
const FLOOR_FALL = 0.2;

/**
 * Speech by loudness above an adaptive noise floor. Weighs nothing, but takes every sudden noise for speech: the
 * rule for sustained speech has to do the rest. Windows of 20 ms; low rumble is taken out by a first difference.
 */
export class EnergyDetector implements VoiceActivityDetector {
  readonly windowMs = 20;
  readonly #thresholdDb: number;
  readonly #minimumDb: number;
  readonly #riseDb: number;
  #floorDb = FIRST_FLOOR_DB;
  #energy = 0;
  #edgeEnergy = 0;
  #count = 0;
  #previous = 0;

  constructor(options: EnergyDetectorOptions = {}) {
    this.#thresholdDb = options.thresholdDb ?? 9;
    this.#minimumDb = options.minimumDb ?? -46;
    this.#riseDb = (options.floorRiseDbPerSecond ?? 6) * (this.windowMs / 1000);
  }

  process(samples: Int16Array, onWindow: WindowListener): void {
    for (const sample of samples) {
      const edge = sample - this.#previous;
      this.#previous = sample;
      this.#energy += sample * sample;
      this.#edgeEnergy += edge * edge;
      if (++this.#count === WINDOW_SAMPLES) this.#window(onWindow);
    }
  }

  reset(): void {
    this.#floorDb = FIRST_FLOOR_DB;
    this.#energy = this.#edgeEnergy = this.#count = this.#previous = 0;
  }

  #window(onWindow: WindowListener): void {
    const levelDb = decibel(this.#energy);
    // Half the difference of two neighbours is the signal without its lowest octaves.
    const speechDb = Math.min(levelDb, decibel(this.#edgeEnergy));
    this.#energy = this.#edgeEnergy = this.#count = 0;
    const above = speechDb - this.#floorDb - this.#thresholdDb;
    const probability =
      speechDb < this.#minimumDb ? 0 : Math.min(1, Math.max(0, 0.5 + above / (2 * SOFT_DB)));
    this.#follow(speechDb);
    onWindow(probability, levelDb);
  }

  #follow(db: number): void {
    if (db < this.#floorDb) this.#floorDb += (Math.max(db, SILENCE_DB / 1.4) - this.#floorDb) * FLOOR_FALL;
    else this.#floorDb = Math.min(db, this.#floorDb + this.#riseDb);
  }
}

function decibel(energy: number): number {
  const mean = energy / WINDOW_SAMPLES / (FULL_SCALE * FULL_SCALE);
  return mean > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(mean)) : SILENCE_DB;
}
