const SAMPLES_PER_MS = 8;
const SLICE_SAMPLES = 40; // 5 ms
const SLICE_MS = SLICE_SAMPLES / SAMPLES_PER_MS;
/** Slices that are remembered: more than a detector's window and what waits for it. */
const KEPT = 64;
/** A sound this much softer than the loudest around it is no part of the word, as a ratio of amplitudes (-25 dB). */
const SOFT = 0.056;

/**
 * Where a sound began or ended, to 5 ms: a detector's windows are longer than that, and its probability falls later than the
 * voice. Pure.
 */
export class LoudEnd {
  readonly #peaks = new Float64Array(KEPT);
  readonly #endsMs = new Float64Array(KEPT).fill(-Infinity);
  #next = 0;

  /** @param startMs position of the first sample */
  push(samples: Int16Array, startMs: number): void {
    for (let at = 0; at < samples.length; at += SLICE_SAMPLES) {
      const end = at + SLICE_SAMPLES < samples.length ? at + SLICE_SAMPLES : samples.length;
      this.#peaks[this.#next] = peakOf(samples, at, end);
      this.#endsMs[this.#next] = startMs + end / SAMPLES_PER_MS;
      this.#next = (this.#next + 1) % KEPT;
    }
  }

  /** End of the last loud slice up to `endMs`; `endMs` itself if nothing is known. */
  before(endMs: number): number {
    let loudest = 0;
    for (let index = 0; index < KEPT; index++)
      if (this.#ends(index) <= endMs) loudest = Math.max(loudest, this.#peaks[index] as number);
    let found = -Infinity;
    for (let index = 0; index < KEPT; index++)
      if (this.#ends(index) <= endMs && (this.#peaks[index] as number) > loudest * SOFT)
        found = Math.max(found, this.#ends(index));
    return found === -Infinity ? endMs : found;
  }

  /** Beginning of the first loud slice behind `startMs`; `startMs` itself if nothing is known, or not so far back. */
  after(startMs: number): number {
    let loudest = 0;
    let oldest = Infinity;
    for (let index = 0; index < KEPT; index++) {
      if (this.#ends(index) > startMs) loudest = Math.max(loudest, this.#peaks[index] as number);
      oldest = Math.min(oldest, this.#ends(index));
    }
    if (oldest > startMs + SLICE_MS) return startMs;
    let found = Infinity;
    for (let index = 0; index < KEPT; index++)
      if (this.#ends(index) > startMs && (this.#peaks[index] as number) > loudest * SOFT)
        found = Math.min(found, this.#ends(index));
    return found === Infinity ? startMs : Math.max(startMs, found - SLICE_MS);
  }

  #ends(index: number): number {
    return this.#endsMs[index] as number;
  }
}

/** Of each frame of each call: no iterator, no slice, no call. */
function peakOf(samples: Int16Array, from: number, to: number): number {
  let peak = 0;
  for (let index = from; index < to; index++) {
    const sample = samples[index] as number;
    if (sample > peak) peak = sample;
    else if (-sample > peak) peak = -sample;
  }
  return peak;
}
