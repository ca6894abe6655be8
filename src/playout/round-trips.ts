/** Measurements that count: few enough to follow a change, enough to outvote a stall. */
const KEPT = 5;
/** With fewer than these, a long one is more likely a stall than a slow network. */
const ENOUGH = 3;
const LONGEST_AT_FIRST_MS = 300;

/** What the way to the far end and back usually takes, ms. */
export class RoundTrips {
  readonly #latest: number[] = [];
  #usual: number | undefined;

  push(ms: number): void {
    this.#latest.push(ms);
    if (this.#latest.length > KEPT) this.#latest.shift();
    const median = [...this.#latest].sort((a, b) => a - b)[(this.#latest.length - 1) >> 1] ?? ms;
    this.#usual = this.#latest.length >= ENOUGH ? median : Math.min(median, LONGEST_AT_FIRST_MS);
  }

  /** The lower median of the latest; undefined before the first. */
  get usual(): number | undefined {
    return this.#usual;
  }
}
