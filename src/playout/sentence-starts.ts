import { SentenceEnds } from '../tts/clauses/sentence-ends.js';

/** Marks that may end a sentence, with what closes it and the white space behind them. */
const MARKS = /[.!?…。！？]+["'”’»)\]]*\s*/gu;

const ends = new SentenceEnds('en');

/** Where the second and each later sentence begins, characters. */
export function sentenceStarts(text: string): number[] {
  return [...text.matchAll(MARKS)]
    .filter(({ 0: marks, index }) => {
      const next = text.charAt(index + marks.length);
      return next !== '' && isEnd(text.slice(0, index), marks, next);
    })
    .map(({ 0: marks, index }) => index + marks.length);
}

/** Whether the text is whole sentences, as far as its last mark can tell. */
export function endsSentence(text: string): boolean {
  const last = [...text.matchAll(MARKS)].at(-1);
  if (last === undefined || last.index + last[0].length < text.length) return false;
  return isEnd(text.slice(0, last.index), `${last[0].trimEnd()} `, 'A');
}

/** In doubt it is none: many languages write a full stop behind an ordinal number, as in `am 3. Oktober`. */
function isEnd(before: string, marks: string, next: string): boolean {
  const isOrdinal = /(?<![\p{L}\d.,:])\d{1,2}$/u.test(before) && /^\.\s/.test(marks);
  return !isOrdinal && ends.endsSentence(before, marks, next);
}
