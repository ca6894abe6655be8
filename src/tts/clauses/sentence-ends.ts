import { isDigit, isUnspaced, isWordCharacter } from './characters.js';
import { baseLanguage, segmenter } from './segmenters.js';
import { type StopRules, stopRules } from './sentence-abbreviations.js';

/** Text before a mark that the segmenter sees, characters: its rules look at the word before the mark. */
const CONTEXT = 32;

/** Tells sentence ends from other full stops. */
export class SentenceEnds {
  readonly #segmenter: Intl.Segmenter;
  readonly #rules: StopRules;
  readonly #isEnglish: boolean;

  constructor(language: string) {
    this.#segmenter = segmenter(language, 'sentence');
    this.#rules = stopRules(baseLanguage(language));
    this.#isEnglish = baseLanguage(language) === 'en';
  }

  /**
   * @param before the clause up to the marks
   * @param marks with closing quotes and white space
   * @param next the character after them
   */
  endsSentence(before: string, marks: string, next: string): boolean {
    // Half of a surrogate pair stays one unit: no letter follows, as far as the segmenter can tell.
    const context = before.slice(-CONTEXT) + marks.replace(/[*_~`»]/g, '').replaceAll(/[…⋯]/g, '.');
    if (this.#segmenter.segment(context + next).containing(context.length)?.index !== context.length)
      return false;
    return !/^\.(?!\.)/.test(marks) || !this.isAbbreviation(before, next);
  }

  /** Whether the full stop behind `before` belongs to an abbreviation, an initial, a list number or an ordinal. */
  isAbbreviation(before: string, next: string): boolean {
    const word = lastWord(before);
    if (word === '') return false;
    if (isInitials(word)) return !(word === 'I' && this.#isEnglish);
    if (word.length < 4 && Array.from(word).every(isDigit)) {
      const lead = before.slice(0, before.length - word.length);
      return isLineLead(lead) || this.#rules.beforeOrdinal?.test(lead) === true;
    }
    const written = `${word}.`.toLowerCase();
    if (this.#rules.abbreviations.has(written) || this.#rules.endings.some((end) => written.endsWith(end)))
      return true;
    return this.#rules.ofNumbers.has(written) && isDigit(next);
  }
}

const isPartOfWord = (character: string): boolean =>
  !isUnspaced(character) && (isWordCharacter(character) || /[.\-'’\p{M}]/u.test(character));

/** With its inner full stops, apostrophes and hyphens. */
function lastWord(before: string): string {
  let from = before.length;
  while (from > 0 && isPartOfWord(before.charAt(from - 1))) from--;
  return before.slice(from).replace(/^['’.-]+/, '');
}

/** `J`, `J.R.R`, `e.g`, `z`: single letters joined by full stops. */
const isInitials = (word: string): boolean =>
  word.split('.').every((part) => /^\p{L}\p{M}*$/u.test(part) && isWordCharacter(part) && !isUnspaced(part));

/** Before a list number stands nothing in its line or in the clause, or a colon. */
const isLineLead = (lead: string): boolean => /(?:^|[\n:])[^\S\n]*[*_]*$/.test(lead);
