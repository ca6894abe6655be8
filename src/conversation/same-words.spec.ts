import { describe, expect, it } from '@jest/globals';
import { sameWords } from './same-words.js';

describe('transcripts of the same words', () => {
  it.each([
    ['Where is my order?', 'where is my order'],
    ['Yes, please.', 'yes please'],
    ['  two   words ', 'two words'],
    ['¿Dónde está?', 'dónde está'],
    ['„Ja“, bitte.', '„Ja“ bitte'],
    ['はい。', 'はい'],
    ['cafe\u0301', 'café'],
  ])('are the same: %s = %s', (one, other) => {
    expect(sameWords(one, other)).toBe(true);
  });

  it.each([
    ['three point five', 'three'],
    ['it is 3.5', 'it is 35'],
    ['minus -5', 'minus 5'],
    ["I can't", 'I can'],
    ["we're", 'were'],
    ['C++', 'C'],
    ['', 'yes'],
  ])('are not: %s ≠ %s', (one, other) => {
    expect(sameWords(one, other)).toBe(false);
  });
});
