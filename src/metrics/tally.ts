/** Counts by kind. Kinds come from outside: beyond the most there may be, all count as `other`. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #most: number;

  constructor(most = 50) {
    this.#most = most;
  }

  add(kind: string, count = 1): void {
    const known = this.#counts.has(kind) || this.#counts.size < this.#most;
    const name = known ? kind : 'other';
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
