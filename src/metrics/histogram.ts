/** Counts of values up to each bound; plain JSON. */
export interface HistogramSnapshot {
  /** `count`: values of at most `upTo`, those of smaller bounds included; the last bound is `Infinity`, in JSON `null`. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
  readonly sum: number;
  readonly count: number;
}

/** Values counted in fixed buckets: what it takes does not grow with the values. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds upper bounds, ascending; one of `Infinity` is added */
  constructor(bounds: readonly number[]) {
    this.#bounds = [...bounds, Infinity];
    this.#counts = this.#bounds.map(() => 0);
  }

  /** What is no number is left out. */
  observe(value: number): void {
    const index = this.#bounds.findIndex((bound) => value <= bound);
    if (index < 0) return;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  snapshot(): HistogramSnapshot {
    let count = 0;
    const buckets = this.#bounds.map((upTo, index) => ({ upTo, count: (count += this.#counts[index] ?? 0) }));
    return { buckets, sum: this.#sum, count };
  }
}
