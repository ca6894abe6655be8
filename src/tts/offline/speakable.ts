import { READING_RULES, type Reading } from './reading-rules.js';

/** What follows a span when spoken; nothing: the next word follows at once. */
export type Pause = '' | ',' | '.' | '?' | '!';

/** A word (or number, address …) of the source and how it is spoken. */
export interface SpokenSpan {
  /** As written, with the white space and punctuation that belong to it: joined, the spans give the source. */
  readonly source: string;
  /** Plain English words; none when there is nothing to say. */
  readonly words: readonly string[];
  readonly pause: Pause;
}

/** Letters with marks and apostrophes. */
const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*['’]?/uy;
const UNSPEAKABLE = /[^a-z']/g;

/** Reads a text as a speaker of English would: numbers, money, dates, abbreviations, addresses; markup is passed over. */
export function speakable(text: string): SpokenSpan[] {
  const spans = new SpanBuilder();
  for (let at = 0; at < text.length;) {
    for (const reading of readAt(text, at)) {
      spans.add(reading);
      at += reading.source.length;
    }
  }
  return spans.finish();
}

/** The text that flite is given. */
export function spokenText(spans: readonly SpokenSpan[]): string {
  return spans.flatMap(({ words, pause }) => (words.length === 0 ? [] : [words.join(' ') + pause])).join(' ');
}

function readAt(text: string, at: number): readonly Reading[] {
  for (const rule of READING_RULES) {
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(text);
    if (match !== null) return rule.read(match);
  }
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0];
  if (word !== undefined) return [{ source: word, words: plainWords(word) }];
  return [{ source: String.fromCodePoint(text.codePointAt(at) ?? 0), words: [] }];
}

/** flite reads ASCII: accents go, other scripts cannot be spoken. */
function plainWords(word: string): string[] {
  const plain = word.normalize('NFKD').replaceAll('’', "'").toLowerCase().replace(UNSPEAKABLE, '');
  return /[a-z]/.test(plain) ? [plain] : [];
}

/** Gives the characters between words to the word they belong to. */
class SpanBuilder {
  readonly #spans: SpokenSpan[] = [];
  #gap = '';
  #pauseDue = false;

  add({ source, words, pause = false }: Reading): void {
    if (words.length === 0) {
      this.#gap += source;
      return;
    }
    const lead = this.#closeGap();
    this.#spans.push({ source: lead + source, words, pause: '' });
    this.#pauseDue = pause;
  }

  finish(): SpokenSpan[] {
    const last = this.#spans.pop();
    if (last === undefined) return this.#gap === '' ? [] : [{ source: this.#gap, words: [], pause: '' }];
    return [...this.#spans, { ...last, source: last.source + this.#gap, pause: pauseOf(this.#gap) }];
  }

  /** What stands up to the last white space belongs to the word before, the rest leads the next word. */
  #closeGap(): string {
    const gap = this.#gap;
    this.#gap = '';
    const last = this.#spans.pop();
    if (last === undefined) return gap;
    const cut = /\s/.test(gap) ? gap.length - (/\S*$/.exec(gap)?.[0].length ?? 0) : gap.length;
    const pause = this.#pauseDue && pauseOf(gap) === '' ? ',' : pauseOf(gap);
    this.#spans.push({ ...last, source: last.source + gap.slice(0, cut), pause });
    return gap.slice(cut);
  }
}

/** The target of a Markdown link; its full stops are no sentence's. */
const LINK_TARGET = /\]\([^)\s]*\)/g;

const pauseOf = (gap: string): Pause => {
  const marks = gap.replace(LINK_TARGET, '');
  const end = /[.?!…]/.exec(marks)?.[0];
  if (end !== undefined) return end === '?' || end === '!' ? end : '.';
  if (/\n\s*(\n|[-*•]\s)/.test(marks)) return '.';
  return /[,;:—()]|\s[-–]+\s/.test(marks) ? ',' : '';
};
