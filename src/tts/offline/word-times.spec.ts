import { describe, expect, it } from '@jest/globals';
import type { Phone } from './flite.js';
import { wordTimes } from './word-times.js';

/** `th ae ng k` with 100 ms each. */
const sentence = (names: string): Phone[] =>
  names.split(' ').map((name, index) => ({ name, endMs: (index + 1) * 100 }));
const words = (text: string) => text.split(' | ').map((word) => (word === '' ? [] : word.split(' ')));
const times = (phones: string, alone: string) =>
  wordTimes(sentence(phones), words(alone)).map(({ startMs, endMs }) => [startMs, endMs]);

describe('wordTimes', () => {
  it('walks the phones, whatever their names, when the counts agree', () => {
    expect(times('pau th ae ng k y uw pau', 'th ae ng k | y ux')).toEqual([
      [100, 500],
      [500, 700],
    ]);
  });

  it('leaves pauses outside of words', () => {
    expect(times('pau y eh s pau ay k ae n pau', 'y eh s | ay | k ae n')).toEqual([
      [100, 400],
      [500, 600],
      [600, 900],
    ]);
  });

  it('finds the words by their phones when one has more or fewer than expected', () => {
    expect(times('pau dh ax d aa g z r ah n pau', 'dh ax | d aa g | r ah n')).toEqual([
      [100, 300],
      [300, 700],
      [700, 1000],
    ]);
    expect(times('pau ae n d t uw pau', 'ae n d | d t uw')).toEqual([
      [100, 300],
      [300, 600],
    ]);
    expect(times('hh ax l ow w er l d', 'l ow | w er l d')).toEqual([
      [0, 400],
      [400, 800],
    ]);
  });

  it('shares the phones out in proportion when they have little in common', () => {
    expect(times('pau a b c d e f pau', 'x y | z z')).toEqual([
      [100, 400],
      [400, 700],
    ]);
  });

  it('gives a word without phones a moment between its neighbours, and survives an empty sentence', () => {
    expect(times('pau a b pau', 'a |  | b')).toEqual([
      [100, 200],
      [200, 200],
      [200, 300],
    ]);
    expect(times('pau', 'a | b')).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(wordTimes([], [])).toEqual([]);
  });
});
