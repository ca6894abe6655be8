const NO_LETTER = /[^\p{L}\p{M}\p{N}]+/gu;

/**
 * What a transcript says beyond its beginning, which was taken already. All of it when it begins differently: a word that
 * comes twice is better than one that is lost.
 */
export function wordsLeft(transcript: string, taken: string): string {
  const expected = letters(taken);
  if (expected === '') return transcript;
  const words = transcript.split(/\s+/);
  for (let count = 1; count <= words.length; count++)
    if (letters(words.slice(0, count).join('')) === expected) return words.slice(count).join(' ');
  return transcript;
}

const letters = (text: string): string => text.normalize('NFKC').toLowerCase().replace(NO_LETTER, '');
