import {
  isCloser,
  isComma,
  isDash,
  isDigit,
  isSentenceMark,
  isSpace,
  isUnspaced,
  isWideMark,
  isWordCharacter,
  skip,
} from './characters.js';

/** White space, with the marks before it: where a clause may end. */
export interface Pause {
  /** Where the marks begin, or the white space if there are none. */
  readonly start: number;
  /** Where the next word begins. */
  readonly end: number;
  readonly marks: string;
  /** New lines in the white space. */
  readonly lines: number;
  readonly mayEndSentence: boolean;
  /** Heard as a short pause. */
  readonly isComma: boolean;
  /** Between two words. */
  readonly isGap: boolean;
}

/** The text must go on before it can be told. */
export const UNDECIDED = Symbol('undecided');

/** The pause that starts at a character, if one does. */
export function pauseAt(text: string, at: number): Pause | typeof UNDECIDED | undefined {
  const first = text.charAt(at);
  if (!isSpace(first) && !isMark(first) && !isDash(first)) return undefined;
  const marksEnd = skip(text, at, isDash(first) ? isDash : isMark);
  const spaceStart = marksEnd === at ? at : skip(text, marksEnd, isCloser);
  const end = lateCloserEnd(text, skip(text, spaceStart, isSpace), spaceStart > at);
  if (end === undefined || end === text.length) return UNDECIDED;
  const marks = text.slice(at, marksEnd);
  const isSpaced = end > spaceStart;
  if (!isSpaced && !needsNoSpace(text, at, marks, end)) return undefined;
  if (isDash(first) && isSpaced && !/[—―]/.test(marks) && at > 0 && !isSpace(text.charAt(at - 1)))
    return undefined;
  const isBetweenPhrases = marks === '' && isUnspaced(text.charAt(at - 1)) && isUnspaced(text.charAt(end));
  return {
    start: at,
    end,
    marks,
    lines: text.slice(spaceStart, end).split('\n').length - 1,
    mayEndSentence: !isDash(first) && Array.from(marks).some(isSentenceMark),
    isComma: isBetweenPhrases || (marks !== '' && marks !== '.'),
    isGap: isSpaced && !isMark(text.charAt(end)) && !isCloserOnly(text.charAt(end)),
  };
}

const isMark = (character: string): boolean => isSentenceMark(character) || isComma(character);
const isCloserOnly = (character: string): boolean => /[\p{Pe}»–—-]/u.test(character);

/** French quotes close behind a space; German ones open there, and a word follows at once. */
function lateCloserEnd(text: string, end: number, isAfterMark: boolean): number | undefined {
  if (!isAfterMark || text.charAt(end) !== '»') return end;
  if (end + 1 === text.length) return undefined;
  return isSpace(text.charAt(end + 1)) ? skip(text, end + 1, isSpace) : end;
}

function needsNoSpace(text: string, at: number, marks: string, end: number): boolean {
  const [before, next] = [text.charAt(at - 1), text.charAt(end)];
  if (marks === '' || (isDigit(before) && isDigit(next))) return false;
  if (Array.from(marks).some(isWideMark)) return true;
  if (/^[—―]+$/.test(marks)) return isWordCharacter(before) && isWordCharacter(next);
  return isUnspaced(before) && isUnspaced(next);
}
