const SAMPLES_PER_MS = 8;
const SLICE_SAMPLES = 40; // 5 ms
const SLICE_MS = SLICE_SAMPLES / SAMPLES_PER_MS;
/** Slices that are remembered: more than a detector's window and what waits for it. */
const KEPT = 64;
/** A sound this much softer than the loudest around it is no part of the word, as a ratio of amplitudes (-25 dB). */
const SOFT = 0.056;
/** So much softer, and it still is no echo of ours (-12 dB). */
const CLEAR = 0.25;
/** Slices that may be soft inside one sound. */
const GAP = 3;

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

  /**
   * Beginning of the sound that a detector noticed at `noticedMs`, which may be late, or a window early; `noticedMs`
   * itself if nothing is known.
   */
  onset(noticedMs: number): number {
    const slices = this.#inOrder();
    const loudest = Math.max(0, ...slices.filter(({ endMs }) => endMs > noticedMs).map(({ peak }) => peak));
    let first = slices.findIndex(({ endMs, peak }) => endMs > noticedMs && peak > loudest * SOFT);
    const oldest = slices[0];
    if (first < 0 || oldest === undefined || oldest.endMs > noticedMs) return noticedMs;
    for (let at = first - 1; at >= Math.max(0, first - GAP); at--)
      if ((slices[at]?.peak ?? 0) > loudest * CLEAR) first = at;
    return (slices[first]?.endMs ?? noticedMs) - SLICE_MS;
  }

  /** Oldest first. */
  #inOrder(): { readonly endMs: number; readonly peak: number }[] {
    const indices = Array.from({ length: KEPT }, (_, index) => (this.#next + index) % KEPT);
    return indices
      .map((index) => ({ endMs: this.#ends(index), peak: this.#peaks[index] as number }))
      .filter(({ endMs }) => endMs > -Infinity);
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
