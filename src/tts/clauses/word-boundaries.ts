import { isUnspaced } from './characters.js';

/** Japanese particles and endings belong to the word before, polite prefixes to the word after. */
const PARTICLE = /^(?![おご]$)\p{Script=Hiragana}/u;
const PREFIX = /^[おご]$/;

/**
 * The last end of a word in a text without white space; 0: there is none.
 * @param limit it lies there at the latest; the segmenter judges by the text behind it, too
 */
export function lastWordBoundary(text: string, limit: number, words: Intl.Segmenter): number {
  let [last, best] = [0, 0];
  let before = '';
  for (const { index, segment } of words.segment(text)) {
    if (index > limit) break;
    if (isUnspaced(segment.charAt(0)) && isUnspaced(before.slice(-1))) {
      last = index;
      if (!PARTICLE.test(segment) && !PREFIX.test(before)) best = index;
    }
    before = segment;
  }
  return best > 0 ? best : last;
}
