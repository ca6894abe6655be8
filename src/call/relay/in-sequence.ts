/**
 * Numbers what is told of a stream, and knows of what is heard whether it came before or one is missing: an interruption
 * that was lost on its way must not go unnoticed.
 */
export class InSequence {
  #told = 0;
  #heard = 0;

  /** The number of what is told next. */
  next(): number {
    return this.#told++;
  }

  heard(seq: number): 'next' | 'again' | 'gap' {
    if (seq < this.#heard) return 'again';
    if (seq > this.#heard) return 'gap';
    this.#heard++;
    return 'next';
  }
}
