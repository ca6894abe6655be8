const BEFORE_WORDS = /(?<![\p{L}\p{N}])["'“‘«(¿¡]+/gu;
const AFTER_WORDS = /[.,;:!?…"'”’»)。、！？，；：।؟]+(?![\p{L}\p{N}])/gu;

/** Whether two transcripts say the same, whatever their capitals and the punctuation around their words. */
export function sameWords(one: string, other: string): boolean {
  return plainWords(one) === plainWords(other);
}

/** A text as it sounds: without capitals, and without the punctuation around its words. */
export const plainWords = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(BEFORE_WORDS, '')
    .replace(AFTER_WORDS, '')
    .replace(/\s+/g, ' ')
    .trim();
