import { describe, expect, it } from '@jest/globals';
import { Endpointing } from './endpointing.js';

const make = () => new Endpointing({ minMs: 700, maxMs: 1_400, pauseFactor: 1.5 });

describe('the silence that ends a turn', () => {
  it('is the minimum for a caller who has not paused', () => {
    expect(make().waitMs).toBe(700);
  });

  it.each([
    ['grows with the longest pause of the turn', [300, 600, 200], 900],
    ['is never less than the minimum', [100], 700],
    ['is never more than the maximum', [1_300], 1_400],
  ])('%s', (_, pausesMs, waitMs) => {
    const endpointing = make();
    for (const pauseMs of pausesMs) endpointing.resumed(pauseMs);
    expect(endpointing.waitMs).toBe(waitMs);
  });

  it('remembers half of a hesitant caller’s pauses in the next turn, and forgets them over fluent ones', () => {
    const endpointing = make();
    endpointing.resumed(1_200);
    endpointing.ended();
    expect(endpointing.waitMs).toBe(900);
    endpointing.ended();
    endpointing.ended();
    expect(endpointing.waitMs).toBe(700);
  });

  it.each([
    ['complete', 700],
    ['incomplete', 1_400],
    [undefined, 1_050],
  ] as const)('with the words taken for %s is %i ms', (hint, waitMs) => {
    const endpointing = make();
    endpointing.resumed(700);
    endpointing.hint(hint);
    expect(endpointing.waitMs).toBe(waitMs);
  });

  it('forgets what the words were taken for when the caller goes on, and when the turn is over', () => {
    const endpointing = make();
    endpointing.hint('incomplete');
    endpointing.resumed(100);
    expect(endpointing.waitMs).toBe(700);
    endpointing.hint('incomplete');
    endpointing.ended();
    expect(endpointing.waitMs).toBe(700);
  });
});
