import { Observable } from 'rxjs';
import { ABBREVIATIONS, ABBREVIATIONS_OF_NUMBERS } from './abbreviations.js';

/** Shortest clause that ends at a comma, characters: the first is short so that speech starts early. */
const FIRST_CLAUSE = 12;
const LATER_CLAUSE = 40;
/** Longest clause, characters: a text without punctuation is cut between words. */
const LONGEST_CLAUSE = 240;

/**
 * Punctuation (with closing quotes and brackets) and the white space after it: only then is the clause over. Or a blank
 * line, or a new line with a list item.
 */
const BREAK =
  /([.?!…]+|[,;:]|\s[-–—]+|—)["'”’)\]*_]*\s+|\n(?:\s*\n\s*|[^\S\n]*(?=[-*•][^\S\n]|\d+[.)][^\S\n]))/gu;
const SENTENCE_END = /[.?!…\n]/;

/** Cuts a text that arrives in pieces into clauses; the clauses joined are the text. */
export class ClauseCutter {
  #text = '';
  #isFirst = true;

  /** The clauses that are complete with this piece. */
  push(piece: string): string[] {
    this.#text += piece;
    const clauses: string[] = [];
    for (let end = this.#clauseEnd(); end > 0; end = this.#clauseEnd()) clauses.push(this.#take(end));
    return clauses;
  }

  /** What is left. */
  flush(): string[] {
    return this.#text === '' ? [] : [this.#take(this.#text.length)];
  }

  #take(length: number): string {
    const clause = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    if (clause.trim() !== '') this.#isFirst = false;
    return clause;
  }

  /** Length of the first clause; 0: it is not complete yet. */
  #clauseEnd(): number {
    for (const match of this.#text.matchAll(BREAK)) {
      const end = match.index + match[0].length;
      // More white space may follow, and the next clause should not begin with it.
      if (end === this.#text.length) break;
      const mark = match[0].includes('\n') && match[1] !== '.' ? '\n' : (match[1] ?? '');
      if (this.#isBreak(this.#text.slice(0, match.index), mark, this.#text.charAt(end))) return end;
    }
    return this.#text.length > LONGEST_CLAUSE ? this.#lastGap() : 0;
  }

  #isBreak(before: string, mark: string, next: string): boolean {
    if (before.trim() === '') return false;
    if (SENTENCE_END.test(mark)) return mark !== '.' || endsSentence(before, next);
    return before.trimStart().length >= (this.#isFirst ? FIRST_CLAUSE : LATER_CLAUSE);
  }

  #lastGap(): number {
    return /^.*\S\s+(?=\S)/s.exec(this.#text.slice(0, LONGEST_CLAUSE))?.[0].length ?? 0;
  }
}

/** A full stop behind an initial, an abbreviation or a list number ends no sentence. */
function endsSentence(before: string, next: string): boolean {
  const word = /\S*$/.exec(before)?.[0].replace(/^["'“‘([*_]+/, '') ?? '';
  if (/^\p{Lu}$/u.test(word)) return word === 'I';
  if (/(^|\n)\s*\d+$/.test(before)) return false;
  const written = `${word}.`.toLowerCase();
  return !ABBREVIATIONS.has(written) && !(ABBREVIATIONS_OF_NUMBERS.has(written) && /\d/.test(next));
}

/** Turns pieces of text into clauses; what came before an error is passed on before the error. */
export const intoClauses = (text$: Observable<string>): Observable<string> =>
  new Observable((subscriber) => {
    const cutter = new ClauseCutter();
    const give = (clauses: readonly string[]) => {
      clauses.forEach((clause) => {
        subscriber.next(clause);
      });
    };
    return text$.subscribe({
      next: (piece) => {
        give(cutter.push(piece));
      },
      error: (reason: unknown) => {
        subscriber.error(reason);
      },
      complete: () => {
        give(cutter.flush());
        subscriber.complete();
      },
    });
  });
