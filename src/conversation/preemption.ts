import type { Buffered } from './buffered.js';
import { sameWords } from './same-words.js';
import type { Speech } from './speech.js';

export interface PreemptionOptions {
  /** What is made while the caller may yet go on: nothing, the text of the answer, or its first clause as well. */
  readonly preemptive: 'off' | 'text' | 'voice';
  /** Answers asked for preemptively in one turn, at most: each costs what an answer costs. */
  readonly preemptiveAttempts: number;
}

/** An answer that was asked for on a guess of what the turn will be. */
export interface PreemptiveAnswer {
  /** What is to be said if the guess was right. */
  readonly speech: Speech;
  /** What is made of it in the meantime. */
  readonly made: Pick<Buffered<unknown>, 'failed' | 'stop'>;
  /** Length of the history it was asked with; undefined: it has not been asked yet. */
  readonly historyLength: number | undefined;
  /** The guess was right. */
  readonly confirm: () => void;
  /** Nobody will hear it. */
  readonly discarded: () => void;
}

/** The answer that is being made while the caller pauses: at most one, and heard only if the guess was right. */
export class Preemption<Guess extends { readonly transcript: string }> {
  readonly #options: PreemptionOptions;
  readonly #ask: (guess: Guess) => PreemptiveAnswer;
  #current: { readonly guess: Guess; readonly answer: PreemptiveAnswer } | undefined;
  #attempts = 0;

  constructor(options: PreemptionOptions, ask: (guess: Guess) => PreemptiveAnswer) {
    this.#options = options;
    this.#ask = ask;
  }

  /** The caller pauses, and this is what was understood so far. */
  offer(guess: Guess): void {
    if (this.#current !== undefined && sameWords(this.#current.guess.transcript, guess.transcript)) return;
    this.discard();
    if (this.#options.preemptive === 'off' || this.#attempts >= this.#options.preemptiveAttempts) return;
    this.#attempts++;
    this.#current = { guess, answer: this.#ask(guess) };
  }

  /** The caller goes on, or something else comes first. */
  discard(): void {
    const answer = this.#current?.answer;
    this.#current = undefined;
    if (answer === undefined) return;
    answer.made.stop();
    answer.discarded();
  }

  /** The turn is over. @returns what to say, if an answer was asked for with these words and this history */
  take(transcript: string, historyLength: number): Speech | undefined {
    this.#attempts = 0;
    const { guess, answer } = this.#current ?? {};
    if (
      guess === undefined ||
      answer === undefined ||
      answer.made.failed ||
      answer.historyLength !== historyLength ||
      !sameWords(guess.transcript, transcript)
    ) {
      this.discard();
      return undefined;
    }
    this.#current = undefined;
    answer.confirm();
    return answer.speech;
  }
}
