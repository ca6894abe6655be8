import { describe, expect, it } from '@jest/globals';
import { BehaviorSubject, Subject } from 'rxjs';
import type { CallerPause, CallerUtterance } from './caller-speech.js';
import { turnGuesses } from './turn-guesses.js';

function setUp() {
  const pauses$ = new Subject<CallerPause | undefined>();
  const utterances$ = new Subject<CallerUtterance>();
  const text$ = new BehaviorSubject('');
  const guesses: (string | undefined)[] = [];
  turnGuesses({ pauses$, utterances$ }, { text$ }).subscribe((guess) => guesses.push(guess?.transcript));
  return { pauses$, utterances$, text$, guesses };
}

describe('guesses of what a turn will be', () => {
  it('are made in a pause, anew with other words, and taken back when the caller goes on', () => {
    const { pauses$, text$, guesses } = setUp();
    text$.next('where is');
    expect(guesses).toEqual([]);
    pauses$.next({ durationMs: 500, lastSampleAtMs: 100 });
    text$.next('where is my order');
    pauses$.next(undefined);
    text$.next('where is my order please');
    expect(guesses).toEqual(['where is', 'where is my order', undefined]);
  });

  it('are none any more once the turn is over, nor without words', () => {
    const { pauses$, utterances$, text$, guesses } = setUp();
    pauses$.next({ durationMs: 500, lastSampleAtMs: 100 });
    utterances$.next({} as CallerUtterance);
    text$.next('where is my order');
    expect(guesses).toEqual([]);
  });

  it.each([
    'my card number is 4111',
    'my card number is 4111 1111 1111,',
    'four one one one',
    'my card number is 4111 1111 1111 1111.',
  ])('are none behind digits that may go on, and one before them is taken back: %s', (text) => {
    const { pauses$, text$, guesses } = setUp();
    text$.next('my card');
    pauses$.next({ durationMs: 500, lastSampleAtMs: 100 });
    text$.next(text);
    expect(guesses).toEqual(['my card', undefined]);
  });

  it.each(['order 471', 'it was 1984, I think', 'I have 4 cats'])('are made of other numbers: %s', (text) => {
    const { pauses$, text$, guesses } = setUp();
    text$.next(text);
    pauses$.next({ durationMs: 500, lastSampleAtMs: 100 });
    expect(guesses).toEqual([text]);
  });
});
