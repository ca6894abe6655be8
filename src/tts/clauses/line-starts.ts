import { isDigit, isSpace, skip } from './characters.js';

const BULLETS_ALWAYS = '•‣▪◦|';
const BULLETS_WITH_SPACE = '-–—*+·';

/** Whether a list item, a heading or a row of a table starts there; nothing: more text will tell. */
export function startsBlock(text: string, at: number): boolean | undefined {
  const first = text.charAt(at);
  if (first === '') return undefined;
  if (BULLETS_ALWAYS.includes(first)) return true;
  if (BULLETS_WITH_SPACE.includes(first)) return spaceAt(text, at + 1);
  if (first === '#')
    return spaceAt(
      text,
      skip(text, at, (character) => character === '#'),
    );
  const end = skip(text, at, isDigit);
  if (end === at || end > at + 3) return false;
  if (end === text.length) return undefined;
  return /[.)]/.test(text.charAt(end)) ? spaceAt(text, end + 1) : false;
}

const spaceAt = (text: string, at: number): boolean | undefined =>
  at < text.length ? isSpace(text.charAt(at)) : undefined;

/** Whether the last line of a text is a list item, a heading or a row of a table. */
export function endsInBlock(text: string): boolean {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  return startsBlock(line, skip(line, 0, isSpace)) === true;
}
