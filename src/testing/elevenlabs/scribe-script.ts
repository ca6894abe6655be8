/** What one utterance of a caller says, and how the server comes to know it. */
export interface ScriptedWords {
  /** What is committed; '' is a noise that has no words. */
  readonly text: string;
  /** Instead of the scenario's, ms of voiced audio. */
  readonly msPerWord?: number;
  /** What the partial transcripts say, one per word that was heard, the last from then on; by default the words so far. */
  readonly partials?: readonly string[];
  /** What language detection finds. */
  readonly languageCode?: string;
  /** Of each word; -0.1 by default. */
  readonly logprob?: number;
}

/** What callers say when nothing is scripted any more. */
const UNSCRIPTED: ScriptedWords = { text: 'something' };

export const wordsOf = ({ text }: ScriptedWords): string[] => text.split(/\s+/).filter((word) => word !== '');

/** What the next utterances say, on whatever socket they are heard. */
export class ScribeScript {
  readonly #queue: ScriptedWords[] = [];

  /** Utterances that nobody has begun to say. */
  get left(): number {
    return this.#queue.length;
  }

  add(utterances: readonly (string | ScriptedWords)[]): void {
    for (const utterance of utterances)
      this.#queue.push(typeof utterance === 'string' ? { text: utterance } : utterance);
  }

  next(): ScriptedWords {
    return this.#queue.shift() ?? UNSCRIPTED;
  }

  /** These are to be said again, before all others. */
  putBack(utterances: readonly ScriptedWords[]): void {
    this.#queue.unshift(...utterances.filter((utterance) => utterance !== UNSCRIPTED));
  }
}
