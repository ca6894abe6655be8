import { digits, hasNumerals } from './numerals.js';
import { matchAt, type Piece, read } from './pieces.js';
import { type SymbolWords, symbolWords } from './symbol-words.js';

const TAIL = `[^\\s<>"')\\]|，。、！？]*[^\\s<>"')\\].,;:!?*_|，。、！？…]`;
const TOP =
  'com|org|net|edu|gov|io|dev|ai|co|app|info|biz|us|uk|ca|de|eu|au|fr|es|it|nl|at|ch|be|pl|se|no|dk|fi|pt|br|mx|jp|cn|in|ru|example';
const ADDRESS = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:(?:mailto:)?[\\p{L}\\p{N}.+_-]+@[\\p{L}\\p{N}-]+(?:\\.[\\p{L}\\p{N}-]+)+|https?://${TAIL}|` +
    `(?:[\\p{L}\\p{N}-]+\\.)+(?:${TOP})(?![\\p{L}\\p{N}])(?:/${TAIL}|/)?|www\\.${TAIL})`,
  'iuy',
);
const SIGNS: Readonly<Record<string, keyof SymbolWords>> = {
  '.': 'dot',
  '/': 'slash',
  '-': 'dash',
  _: 'underscore',
  '@': 'at',
  '+': 'plus',
};

/** An e-mail address, a URL or a domain, read as one would to somebody who writes it down. */
export function addressAt(text: string, at: number, language: string): Piece[] | undefined {
  const source = matchAt(ADDRESS, text, at)?.[0];
  if (source === undefined) return undefined;
  const signs = symbolWords(language);
  const plain = source
    .replace(/^mailto:|^https?:\/\//i, '')
    .replace(/^www\./i, '')
    .replace(/\/?(?:[?#].*)?$/, '');
  const words = (plain.match(/[\p{L}\p{M}]+|\p{Nd}+|[-._/@+]/gu) ?? []).map((part) => {
    const sign = SIGNS[part];
    if (sign !== undefined) return signs[sign];
    return /^\d+$/.test(part) && hasNumerals(language) ? digits(part, language).join(' ') : part;
  });
  return read(source, words.join(' '));
}
