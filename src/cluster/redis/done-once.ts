/** Messages that were acted upon, until they expire: a repeated one gets the same outcome, and nothing is done twice. */
export class DoneOnce<T> {
  readonly #now: () => number;
  readonly #capacity: number;
  readonly #done = new Map<string, { readonly expires: number; readonly outcome: T }>();

  /** @param now ms, as the messages' expiry */
  constructor(now: () => number, capacity: number) {
    this.#now = now;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#done.size;
  }

  /**
   * @returns undefined when nothing is done: the message has expired, or there are too many to remember another
   */
  once(id: string, expires: number, task: () => T): T | undefined {
    const now = this.#now();
    if (now >= expires) return undefined;
    const known = this.#done.get(id);
    if (known !== undefined) return known.outcome;
    this.#forgetOldest(now);
    if (this.#done.size >= this.#capacity) this.#forget(now);
    if (this.#done.size >= this.#capacity) return undefined; // better not at all than twice
    const outcome = task();
    this.#done.set(id, { expires, outcome });
    return outcome;
  }

  /** Most expire in the order in which they came: little is kept though much comes. */
  #forgetOldest(now: number): void {
    for (const [id, { expires }] of this.#done) {
      if (expires > now) return;
      this.#done.delete(id);
    }
  }

  #forget(now: number): void {
    for (const [id, { expires }] of this.#done) if (expires <= now) this.#done.delete(id);
  }
}
