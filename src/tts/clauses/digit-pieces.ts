import { digits } from './numerals.js';
import { type Piece, read } from './pieces.js';
import { symbolWords } from './symbol-words.js';

/** From this many on, digits without a separator are said in groups of three. */
const LONG = 7;

/** A phone number or the like digit by digit, a word each: a short pause stands between the groups. */
export function digitPieces(source: string, language: string): Piece[] {
  const parts = source.match(/[+(]*\d[^\d+(]*/g) ?? [];
  const isBare = parts.length >= LONG && !/\D/.test(source);
  return parts.flatMap((part, index) => {
    const left = parts.length - 1 - index;
    const endsGroup = isBare ? index % 3 === 2 && left > 1 : left > 0 && /\d\D/.test(part);
    const plus = part.startsWith('+') ? `${symbolWords(language).plus} ` : '';
    return read(part, `${plus}${digits(part, language).join('')}`, endsGroup ? ', ' : '');
  });
}
