/** Ends a sentence in some language; the segmenter decides whether it does here. */
const SENTENCE_MARK = /[\p{Sentence_Terminal}…⋯;;]/u;
/** A short pause: comma, semicolon, colon. */
const COMMA = /(?!\p{Sentence_Terminal})[\p{Terminal_Punctuation}·]/u;
const DASH = /[-–—―]/;
/** What may stand between a mark and the white space: closing quotes and brackets, the ends of Markdown emphasis. */
const CLOSER = /[\p{Pe}\p{Pf}"'*_~`]/u;
const SPACE = /\s/;
const DIGIT = /\p{Nd}/u;
const WORD = /[\p{L}\p{N}]/u;
/** Scripts that put no white space between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]/u;
/** Scripts in which a character is about a syllable. */
const SYLLABIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々]/u;

/** Answers for ASCII from a table: these questions are asked of every character. */
const memo = (pattern: RegExp) => {
  const ascii = Array.from({ length: 128 }, (_, code) => pattern.test(String.fromCharCode(code)));
  return (character: string): boolean => ascii[character.charCodeAt(0)] ?? pattern.test(character);
};

export const isSentenceMark = memo(SENTENCE_MARK);
export const isComma = memo(COMMA);
export const isDash = memo(DASH);
export const isCloser = memo(CLOSER);
export const isSpace = memo(SPACE);
export const isDigit = memo(DIGIT);
export const isUnspaced = memo(UNSPACED);
/** Half of a surrogate pair counts: it may be a letter. */
export const isWordCharacter = memo(WORD);

/** Marks of Chinese and Japanese, which no white space follows. */
export const isWideMark = (character: string): boolean =>
  /[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\uff61\uff64]/.test(character);

/** How long a character takes to say, in Latin letters. */
export const letters = (character: string): number => (SYLLABIC.test(character) ? 3 : 1);

/** Where the characters that satisfy `is` end. */
export function skip(text: string, from: number, is: (character: string) => boolean): number {
  let at = from;
  while (at < text.length && is(text.charAt(at))) at++;
  return at;
}
