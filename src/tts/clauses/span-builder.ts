import { isBlockLine } from './markup.js';
import { gap, type Piece } from './pieces.js';
import { baseLanguage } from './segmenters.js';

/** A stretch of the source and what the vendor is given for it. */
export interface VoicedSpan {
  /** As written, with the white space and punctuation that belong to it: joined, the spans give the source. */
  readonly source: string;
  /** Joined, the spans give what is sent; empty when there is nothing to say. */
  readonly spoken: string;
}

const FULL_STOP: Readonly<Record<string, string>> = { zh: '。', ja: '。', hi: '।' };
/** Languages whose words for numbers stand without white space. */
const UNSPACED = new Set(['zh', 'ja', 'th']);
/** What may come before the first word. */
const NOT_OPENING = /[^\p{Ps}\p{Pi}"'¿¡«»„]/gu;
const ENDED = /[\p{Terminal_Punctuation}…]["'\p{Pe}\p{Pf}]*\s*$/u;

/** Gives what stands between words to the word it belongs to. */
export class SpanBuilder {
  readonly #spans: VoicedSpan[] = [];
  readonly #fullStop: string;
  readonly #isUnspaced: boolean;
  #gap: Piece[] = [];
  #line = '';
  #lastIsRead = false;

  constructor(language: string) {
    this.#fullStop = FULL_STOP[baseLanguage(language)] ?? '.';
    this.#isUnspaced = UNSPACED.has(baseLanguage(language));
  }

  add(piece: Piece): void {
    if (!piece.isWord || piece.spoken === '') {
      this.#gap.push(piece.isWord ? gap(piece.source) : piece);
      return;
    }
    const [before, lead] = this.#splitGap();
    const leadSpoken = marksOf(lead).trim();
    this.#close(before, piece.isRead || this.#lastIsRead, leadSpoken === '');
    const isFirst = this.#spans.length === 0;
    this.#spans.push({
      source: sourceOf(lead) + piece.source,
      spoken: (isFirst ? leadSpoken.replace(NOT_OPENING, '') : leadSpoken) + piece.spoken,
    });
    this.#line += sourceOf(lead) + piece.source;
    this.#lastIsRead = piece.isRead;
  }

  finish(): VoicedSpan[] {
    const last = this.#spans.pop();
    const rest = sourceOf(this.#gap);
    if (last === undefined) return rest === '' ? [] : [{ source: rest, spoken: '' }];
    const isEnd = rest.includes('\n') || (isBlockLine(this.#line) && !/\s$/.test(rest));
    const said = (last.spoken + marksOf(this.#gap)).trimEnd();
    const spoken = `${isEnd ? this.#ended(said).trimEnd() : said} `;
    return [...this.#spans, { source: last.source + rest, spoken }];
  }

  /** What stands up to the last white space belongs to the word before, the rest leads the next word. */
  #splitGap(): [Piece[], Piece[]] {
    const pieces = this.#gap;
    this.#gap = [];
    if (this.#spans.length === 0) return [[], pieces];
    const last = pieces.findLastIndex(({ source }) => /\s$/.test(source));
    const cut = last < 0 ? pieces.length : last + 1;
    return [pieces.slice(0, cut), pieces.slice(cut)];
  }

  #close(pieces: readonly Piece[], standsApart: boolean, touches: boolean): void {
    const source = sourceOf(pieces);
    const last = this.#spans.pop();
    if (last === undefined) {
      this.#line += source;
      return;
    }
    let spoken = last.spoken + marksOf(pieces);
    const lines = (this.#line + source).split('\n');
    if (lines.length > 1) {
      const isBlock =
        /\n\s*\n/.test(source) || isBlockLine(lines[0] ?? '') || isBlockLine(`${lines.at(-1) ?? ''} `);
      if (isBlock) spoken = this.#ended(spoken);
    }
    if (standsApart && touches && !this.#isUnspaced) spoken = `${spoken.replace(/-$/, '').trimEnd()} `;
    this.#spans.push({ source: last.source + source, spoken });
    this.#line = lines.at(-1) ?? '';
  }

  #ended(spoken: string): string {
    return ENDED.test(spoken)
      ? spoken
      : `${spoken
          .trimEnd()
          .replace(/[-–—]+$/, '')
          .trimEnd()}${this.#fullStop} `;
  }
}

const sourceOf = (pieces: readonly Piece[]): string => pieces.map(({ source }) => source).join('');

/** Stands for something silent. */
const SILENT = '\0';

/** Punctuation with single spaces, and none where something silent stood before a mark. */
const marksOf = (pieces: readonly Piece[]): string =>
  pieces
    .map(({ spoken }) => (spoken === '' ? SILENT : spoken))
    .join('')
    .replace(/\s+\0[\s\0]*(?=[\p{Terminal_Punctuation}…])/gu, '')
    .replaceAll(SILENT, '')
    .replace(/\s+/g, ' ')
    .replace(/ +(?=[.,])/g, '')
    .replace(/,(?: ?,)+/g, ',');
