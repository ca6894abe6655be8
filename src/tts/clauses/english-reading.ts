import { ABBREVIATIONS_OF_NUMBERS } from '../offline/abbreviations.js';
import { READING_RULES, type Reading } from '../offline/reading-rules.js';
import { digitPieces } from './digit-pieces.js';
import { matchAt, type Piece, gap, read, word } from './pieces.js';

const HALF_OF_DAY = /^([ap])m$/i;

/** Reads numbers, money, dates and signs by the offline voice's rules; words stay as they are written. */
export function englishAt(text: string, at: number): Piece[] | undefined {
  for (const rule of READING_RULES) {
    const match = matchAt(rule.pattern, text, at);
    if (match === null) continue;
    if (!isRead(match[0]) || isPartOfWord(text, match)) return undefined;
    const readings = rule.read(match);
    const isByDigit = readings.length > 1 && readings.every(({ source }) => /^[+(]*\d\D*$/.test(source));
    return isByDigit ? digitPieces(match[0], 'en') : readings.flatMap(pieces);
  }
  return undefined;
}

const isRead = (source: string): boolean =>
  /\d/.test(source) || /^[^\p{L}\s]/u.test(source) || ABBREVIATIONS_OF_NUMBERS.has(source.toLowerCase());

/** `3D`, `AT&T`: no number and no sign. */
const isPartOfWord = (text: string, match: RegExpExecArray): boolean =>
  /[\p{L}\p{N}]$/u.test(match[0]) && /^['’]?\p{L}/u.test(text.slice(match.index + match[0].length));

function pieces({ source, words }: Reading): Piece[] {
  const written = source.trim();
  const spoken = words.join(' ');
  if (/\d/.test(written) || !/\p{L}/u.test(written)) {
    return read(source, spoken);
  }
  const half = HALF_OF_DAY.exec(written)?.[1];
  const space = gap(source.slice(source.trimEnd().length), ' ');
  if (half !== undefined) return [word(written, `${half.toUpperCase()}M`), space];
  if (/^[ap]\.m\.$/i.test(written) || written.toLowerCase() === spoken) return [word(written), space];
  return read(
    source,
    /^\p{Lu}\p{Ll}/u.test(written) ? spoken.replace(/^./, (first) => first.toUpperCase()) : spoken,
  );
}
