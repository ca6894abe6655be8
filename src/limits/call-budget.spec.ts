import { describe, expect, it } from '@jest/globals';
import { CallBudget } from './call-budget.js';

const limits = { turns: 2, tokens: 100, speechCharacters: 50 };
const model = (inputTokens: number, outputTokens: number) =>
  ({ kind: 'model', model: 'any', inputTokens, outputTokens }) as const;

describe('The budget of a call', () => {
  it('answers as many turns as the limit, and not the next one', () => {
    const budget = new CallBudget(limits);
    expect([budget.turn(), budget.turn(), budget.turn()]).toEqual([undefined, undefined, 'turns']);
  });

  it('is used up by tokens read and written, together', () => {
    const budget = new CallBudget(limits);
    expect(budget.used(model(60, 39))).toBeUndefined();
    expect(budget.used(model(0, 1))).toBe('tokens');
  });

  it('is used up by the characters of all utterances, together', () => {
    const budget = new CallBudget(limits);
    expect(budget.spoken(49)).toBeUndefined();
    expect(budget.spoken(1)).toBe('speechCharacters');
  });

  it('counts speech once: when it is handed over, not when its usage is told', () => {
    const budget = new CallBudget(limits);
    expect(budget.used({ kind: 'speech', characters: 1_000 })).toBeUndefined();
    expect(budget.used({ kind: 'transcription', ms: 1e9 })).toBeUndefined();
    expect(budget.spoken(49)).toBeUndefined();
  });

  it.each([NaN, -1_000, Infinity, undefined as never])(
    'is not upset by a report of %p tokens: others still count',
    (nonsense) => {
      const budget = new CallBudget(limits);
      expect(budget.used(model(nonsense, 99))).toBeUndefined();
      expect(budget.used(model(1, nonsense))).toBe('tokens');
    },
  );

  it('never ends without limits', () => {
    const budget = new CallBudget({ turns: Infinity, tokens: Infinity, speechCharacters: Infinity });
    expect([budget.turn(), budget.used(model(1e12, 1e12)), budget.spoken(1e12)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
