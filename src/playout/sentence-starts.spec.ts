import { describe, expect, it } from '@jest/globals';
import { endsSentence, sentenceStarts } from './sentence-starts.js';

const sentences = (text: string) => {
  const starts = [0, ...sentenceStarts(text)];
  return starts.map((start, index) => text.slice(start, starts[index + 1]));
};

describe('The beginnings of sentences', () => {
  it.each<readonly string[]>([
    ['One. ', 'Two! ', 'Three? ', 'Four'],
    ['Ask Dr. Hill at 3.30 p.m. about it. ', 'He knows.'],
    ['It costs 3.50 euros. ', 'Do you want it?'],
    ['She said "Stop!" ', 'Then she left.'],
    ['Er kommt am 3. Oktober. ', 'Passt das?'],
    ['It was in 1876. ', 'It costs 3.50. ', 'Then he left.'],
    ['Well… ', 'That is it.'],
    ['好的。', '再见。'],
    ['no end'],
    ['The end. '],
    [''],
  ])('lie where they are heard: %j', (...parts) => {
    expect(sentences(parts.join(''))).toEqual(parts);
  });
});

describe('Whether a text ends with its sentence', () => {
  it.each<[string, boolean]>([
    ['It is done.', true],
    ['Is it? ', true],
    ['She said "Stop!" ', true],
    ['好的。', true],
    ['Well…', true],
    ['It was written by Dr. ', false],
    ['First this, ', false],
    ['Er kommt am 3. ', false],
    ['One. Two', false],
    ['', false],
  ])('is told by its last mark: %j, %j', (text, isWhole) => {
    expect(endsSentence(text)).toBe(isWhole);
  });
});
