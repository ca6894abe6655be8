import { Observable } from 'rxjs';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { isSpace, isUnspaced, isWordCharacter, letters } from './characters.js';
import { endsInBlock, startsBlock } from './line-starts.js';
import { pauseAt, type Pause, UNDECIDED } from './pauses.js';
import { segmenter } from './segmenters.js';
import { SentenceEnds } from './sentence-ends.js';
import { lastWordBoundary } from './word-boundaries.js';

/** Lengths in characters; one of Chinese, Japanese or Korean counts three times, as it takes as long to say. */
export interface ClauseOptions {
  /** BCP 47 language tag; default `en`. */
  readonly language?: string;
  /** Shortest first clause that ends inside a sentence; default 20. */
  readonly firstClause?: number;
  /** Longest first clause: without punctuation it is cut between words; default 60. */
  readonly firstLongest?: number;
  /** Shortest later clause that ends inside a sentence; default `Infinity`: only in a sentence beyond 120. */
  readonly laterClause?: number;
  /** Longest later clause: without punctuation it is cut between words; default 240. */
  readonly longest?: number;
}

/** From here on a clause may end inside a sentence in any case. */
const LONG_SENTENCE = 120;
/** Where nothing better is found, a longest clause is cut at a comma beyond this, not at a gap between words. */
const WORTHWHILE = 40;
/** Where words end without white space is known when the next one is there, characters. */
const WORD = 12;

/** A text that pauses behind a sentence is not waited for: what follows may take seconds, as with a tool call. */
export interface ClausePause {
  readonly clock: Clock;
  /** Pause after which a whole sentence is passed on, ms. */
  readonly ms: number;
}

/** Cuts a text that arrives in pieces into clauses; the clauses joined are the text. */
export class ClauseCutter {
  readonly #limits: Required<Omit<ClauseOptions, 'language'>>;
  readonly #sentences: SentenceEnds;
  readonly #words: Intl.Segmenter;
  #isFirst = true;
  #text = '';
  /** Everything before was looked at. */
  #at = 0;
  #length = 0;
  #hasWord = false;
  /** Places where a clause that becomes too long is cut; 0: none. */
  #comma = 0;
  #gap = 0;
  #tooLongAt = 0;
  #nextTry = 0;

  constructor({ language = 'en', ...limits }: ClauseOptions = {}) {
    this.#limits = { firstClause: 20, firstLongest: 60, laterClause: Infinity, longest: 240, ...limits };
    this.#sentences = new SentenceEnds(language);
    this.#words = segmenter(language, 'word');
  }

  /** The clauses that are complete with this piece. Where they end does not depend on how the text is cut into pieces. */
  push(piece: string): string[] {
    this.#text += piece;
    const clauses: string[] = [];
    for (let end = this.#clauseEnd(); end > 0; end = this.#clauseEnd()) clauses.push(this.#take(end));
    return clauses;
  }

  /** What is in no clause yet. */
  get pending(): string {
    return this.#text;
  }

  /** What is left. */
  flush(): string[] {
    return this.#text === '' ? [] : [this.#take(this.#text.length)];
  }

  #take(end: number): string {
    const clause = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    if (clause.trim() !== '') this.#isFirst = false;
    this.#at = this.#length = this.#comma = this.#gap = this.#tooLongAt = this.#nextTry = 0;
    this.#hasWord = false;
    return clause;
  }

  get #longest(): number {
    return this.#isFirst ? this.#limits.firstLongest : this.#limits.longest;
  }

  /** 0: the clause is not complete yet. */
  #clauseEnd(): number {
    while (this.#at < this.#text.length) {
      const pause = pauseAt(this.#text, this.#at);
      if (pause === UNDECIDED) return 0;
      if (pause === undefined) {
        this.#pass(this.#at + 1);
        const end = this.#length > this.#longest ? this.#endOfTooLong() : 0;
        if (end > 0) return end;
        continue;
      }
      const ends = this.#endsClause(pause);
      if (ends === undefined) return 0;
      if (ends) return pause.end;
      this.#remember(pause);
      this.#pass(pause.end);
    }
    return 0;
  }

  #pass(end: number): void {
    for (; this.#at < end; this.#at++) {
      const character = this.#text.charAt(this.#at);
      if (this.#length > 0 || !isSpace(character)) this.#length += letters(character);
      if (this.#length <= this.#longest) this.#tooLongAt = this.#at + 1;
      this.#hasWord ||= isWordCharacter(character);
    }
  }

  #endsClause(pause: Pause): boolean | undefined {
    if (!this.#hasWord) return false;
    const before = this.#text.slice(0, pause.start);
    const next = this.#text.charAt(pause.end);
    if (pause.lines > 1) return true;
    if (pause.lines === 1) {
      const startsNext = startsBlock(this.#text, pause.end);
      if (startsNext !== false) return startsNext;
      if (/[:：]/.test(pause.marks) || (endsInBlock(before) && !/\p{Ll}/u.test(next))) return true;
    }
    const marks = this.#text.slice(pause.start, pause.end);
    if (pause.mayEndSentence && this.#sentences.endsSentence(before, marks, next)) return true;
    const shortest = this.#isFirst
      ? this.#limits.firstClause
      : Math.min(this.#limits.laterClause, LONG_SENTENCE);
    if (pause.isComma) return this.#length >= shortest;
    return pause.isGap && this.#length > this.#longest && this.#isGoodGap(pause);
  }

  #remember(pause: Pause): void {
    const length = this.#length + (pause.end - pause.start);
    if (length > this.#longest) return;
    if (pause.isComma && length >= WORTHWHILE) this.#comma = pause.end;
    if (pause.isGap && this.#isGoodGap(pause)) this.#gap = pause.end;
  }

  /** Not beside a number, whose reading depends on its neighbours, and not behind an abbreviation. */
  #isGoodGap({ start, end, marks }: Pause): boolean {
    if (this.#length > 2 * this.#longest) return true;
    const before = this.#text.slice(0, start);
    const isBesideNumber = /\p{N}$/u.test(before) || /\p{N}/u.test(this.#text.charAt(end));
    return (
      !isBesideNumber && !(marks === '.' && this.#sentences.isAbbreviation(before, this.#text.charAt(end)))
    );
  }

  #endOfTooLong(): number {
    if (this.#comma > 0) return this.#comma;
    if (!isUnspaced(this.#text.charAt(this.#at - 1))) return this.#gap;
    if (this.#length < Math.max(this.#nextTry, this.#longest + WORD)) return 0;
    const limit = this.#nextTry === 0 ? this.#tooLongAt : this.#at - WORD;
    this.#nextTry = this.#length + WORTHWHILE;
    return Math.max(this.#gap, lastWordBoundary(this.#text.slice(0, this.#at), limit, this.#words));
  }
}

/** Turns pieces of text into clauses; what came before an error is passed on before the error. */
export const intoClauses = (
  text$: Observable<string>,
  options: ClauseOptions = {},
  pause?: ClausePause,
): Observable<string> =>
  new Observable((subscriber) => {
    const cutter = new ClauseCutter(options);
    const alarm = pause && new Alarm(pause.clock);
    const give = (clauses: readonly string[]) => {
      clauses.forEach((clause) => {
        subscriber.next(clause);
      });
    };
    subscriber.add(() => alarm?.stop());
    subscriber.add(
      text$.subscribe({
        next: (piece) => {
          give(cutter.push(piece));
          alarm?.set(pause?.ms ?? 0, () => {
            if (isWhole(cutter.pending, options)) give(cutter.flush());
          });
        },
        error: (reason: unknown) => {
          subscriber.error(reason);
        },
        complete: () => {
          give(cutter.flush());
          subscriber.complete();
        },
      }),
    );
  });

/** Whether a sentence is over, should another one begin behind it. */
const isWhole = (text: string, options: ClauseOptions): boolean =>
  text.trim() !== '' && new ClauseCutter(options).push(`${text}A`)[0] === text;
