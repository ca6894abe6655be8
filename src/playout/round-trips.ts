/** Measurements that count: few enough to follow a change, enough to outvote a stall. */
const KEPT = 5;

/** What the way to the far end and back usually takes, ms. */
export class RoundTrips {
  readonly #latest: number[] = [];

  push(ms: number): void {
    this.#latest.push(ms);
    if (this.#latest.length > KEPT) this.#latest.shift();
  }

  /** The lower median of the latest; undefined before the first. */
  get usual(): number | undefined {
    return [...this.#latest].sort((a, b) => a - b)[(this.#latest.length - 1) >> 1];
  }
}
