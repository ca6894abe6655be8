import { describe, expect, it } from '@jest/globals';
import { Histogram } from './histogram.js';
import { Tally } from './tally.js';

describe('A histogram', () => {
  it('counts each value in its bucket and all larger ones', () => {
    const histogram = new Histogram([10, 100]);
    for (const value of [0, 10, 10.5, 100, 1_000]) histogram.observe(value);
    expect(histogram.snapshot()).toEqual({
      buckets: [
        { upTo: 10, count: 2 },
        { upTo: 100, count: 4 },
        { upTo: Infinity, count: 5 },
      ],
      sum: 1_120.5,
      count: 5,
    });
  });

  it('leaves out what is no number', () => {
    const histogram = new Histogram([10]);
    histogram.observe(NaN);
    expect(histogram.snapshot()).toMatchObject({ sum: 0, count: 0 });
  });
});

describe('A tally', () => {
  it('has no more kinds than it may have: the rest are others', () => {
    const tally = new Tally(2);
    for (const kind of ['a', 'b', 'c', 'a', 'd']) tally.add(kind);
    expect(tally.snapshot()).toEqual({ a: 2, b: 1, other: 2 });
  });
});
