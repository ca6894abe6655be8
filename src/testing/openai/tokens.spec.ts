import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tokensOf } from './tokens.js';

describe('tokens', () => {
  it('are words with their space, pieces of long words, and punctuation', () => {
    expect(tokensOf("Don't panic: interruptions happen. ")).toEqual([
      "Don't",
      ' panic',
      ':',
      ' interr',
      'uption',
      's',
      ' happen',
      '.',
      ' ',
    ]);
  });

  it('give the text when they are joined, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(tokensOf(text).join('')).toBe(text);
      }),
    );
  });
});
