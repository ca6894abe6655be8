import { describe, expect, it } from '@jest/globals';
import { wordsLeft } from './words-left.js';

describe('what a transcript says beyond what was taken of it', () => {
  it.each([
    ['where is my order', 'where is', 'my order'],
    ['Where is my order?', 'where is my order', ''],
    ['Yes. Where is it?', 'yes', 'Where is it?'],
    ['はい。', 'はい', ''],
    ['where is my order', '', 'where is my order'],
  ])('%j beyond %j is %j', (transcript, taken, left) => {
    expect(wordsLeft(transcript, taken)).toBe(left);
  });

  it.each([
    ['cancel it', 'can'],
    ['where is my order', 'wear is'],
    ['yes', 'yes please'],
  ])('%j is told as a whole where %j was taken', (transcript, taken) => {
    expect(wordsLeft(transcript, taken)).toBe(transcript);
  });
});
