/** How many windows are remembered: about five seconds. */
const REMEMBERED = 160;

/**
 * How much one level follows another at each of many delays: Pearson's correlation over the last seconds.
 * Pure accounting; allocates nothing per window.
 */
export class Likeness {
  readonly #far: Float64Array;
  readonly #farSquare: Float64Array;
  readonly #product: Float64Array;
  #near = 0;
  #nearSquare = 0;
  #windows = 0;
  #share = 1;
  #greatestSquare = 1;

  /** @param delays how many */
  constructor(delays: number) {
    this.#far = new Float64Array(delays);
    this.#farSquare = new Float64Array(delays);
    this.#product = new Float64Array(delays);
  }

  /** The greatest correlation of all delays; among few windows, much is alike by chance. */
  get greatest(): number {
    return Math.sqrt(this.#greatestSquare);
  }

  /** A new window: its near level; the far ones follow, one {@link far} for each delay. */
  near(level: number): void {
    this.#share = Math.max(1 / REMEMBERED, 1 / ++this.#windows);
    this.#near += this.#share * (level - this.#near);
    this.#nearSquare += this.#share * (level * level - this.#nearSquare);
    this.#greatestSquare = 0;
  }

  far(delay: number, level: number, near: number): void {
    const share = this.#share;
    const mean = mixed(this.#far, delay, level, share);
    const variance = mixed(this.#farSquare, delay, level * level, share) - mean * mean;
    const covariance = mixed(this.#product, delay, level * near, share) - mean * this.#near;
    const nearVariance = this.#nearSquare - this.#near * this.#near;
    if (covariance <= 0 || variance < 1 || nearVariance < 1e-3) return;
    const square = (covariance * covariance) / (variance * nearVariance);
    if (square > this.#greatestSquare) this.#greatestSquare = square;
  }
}

function mixed(means: Float64Array, index: number, value: number, share: number): number {
  const mean = means[index] as number;
  return (means[index] = mean + share * (value - mean));
}
