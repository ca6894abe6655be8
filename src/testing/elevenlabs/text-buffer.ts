const DEFAULT_SCHEDULE = [120, 160, 250, 290];
/** Below that, `try_trigger_generation` does nothing, characters. */
const TRIGGER_LENGTH = 50;
const CLAUSE_END = /[.,;:!?\u2014\u2026]["'\u201d\u2019)]*\s/gu;

/** Text that waits for its generation: for enough of it, for the end of a clause, or for a flush. */
export class TextBuffer {
  readonly #autoMode: boolean;
  readonly #schedule: readonly number[];
  #text = '';
  #chunks = 0;

  /** @param schedule characters that the first, the second, … generation waits for; the last one repeats */
  constructor(autoMode: boolean, schedule: readonly number[] = DEFAULT_SCHEDULE) {
    this.#autoMode = autoMode;
    this.#schedule = schedule.length === 0 ? DEFAULT_SCHEDULE : schedule;
  }

  get isEmpty(): boolean {
    return this.#text === '';
  }

  /** @returns text to generate now; '' for none */
  write(text: string): string {
    this.#text += text;
    if (this.#autoMode) return this.#takeTo(endOf(CLAUSE_END, this.#text));
    const wanted = this.#schedule[Math.min(this.#chunks, this.#schedule.length - 1)] ?? 0;
    return this.#text.length >= wanted ? this.#takeTo(this.#text.lastIndexOf(' ') + 1) : '';
  }

  /** For `try_trigger_generation`. */
  trigger(): string {
    return this.#text.length > TRIGGER_LENGTH ? this.flush() : '';
  }

  flush(): string {
    return this.#takeTo(this.#text.length);
  }

  #takeTo(end: number): string {
    const taken = this.#text.slice(0, end);
    if (taken === '') return '';
    this.#text = this.#text.slice(end);
    this.#chunks++;
    return taken;
  }
}

function endOf(pattern: RegExp, text: string): number {
  return [...text.matchAll(pattern)].reduce((_, match) => match.index + match[0].length, 0);
}
