import { gap, matchAt, type Piece } from './pieces.js';

const LINE_START = '(?<=(?:^|\\n)[^\\S\\n]*)';
const sticky = (pattern: string, flags = '') => new RegExp(pattern, `uy${flags}`);

/** What is never said, in order of precedence. */
const SILENT: readonly RegExp[] = [
  sticky(`${LINE_START}(?:\`{3,}|~{3,})[^\\n]*`),
  // A rule, or the row below the head of a table.
  sticky(`${LINE_START}[|: -]*-{3,}[|: -]*(?=\\n|$)`),
  sticky(`${LINE_START}(?:[-*+•‣▪◦·–][^\\S\\n]+\\[[ xX]\\]|#{1,6}|[-*+•‣▪◦·–]|>+|\\|)(?=[^\\S\\n])`),
  sticky('\\](?:\\([^)\\s]*(?:\\s+"[^"]*")?\\))?'),
  sticky('!(?=\\[)|\\[\\^?\\d+\\]'),
  sticky('<!--.*?-->|</?(?!https?:|[^\\s<>]*@)[a-z][^<>]*>', 'is'),
  sticky('&(?!amp;)(?:[a-z]{2,8}|#\\d{1,6});', 'i'),
  sticky('[`_~*]+'),
];
/** Between the cells of a table. */
const CELL = sticky('\\|[^\\S\\n]*(?=[^\\s|])');

/** Markdown and HTML. */
export function markupAt(text: string, at: number): Piece | undefined {
  for (const pattern of SILENT) {
    const match = matchAt(pattern, text, at);
    if (match !== null && match[0] !== '') return gap(match[0]);
  }
  const cell = matchAt(CELL, text, at)?.[0];
  return cell === undefined ? undefined : gap(cell, ', ');
}

/** A list item, a heading or a row of a table: its line ends as a sentence does. */
export const isBlockLine = (line: string): boolean =>
  /^\s*(?:[-*+•‣▪◦·–|]\s|[•‣▪◦|]|#{1,6}\s|\d{1,3}[.)]\s)/.test(line);
