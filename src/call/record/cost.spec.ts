import { describe, expect, it } from '@jest/globals';
import type { UsageRecord } from './call-record.js';
import { costOf } from './cost.js';

const usage: UsageRecord = {
  models: [
    { model: 'small', inputTokens: 2_000_000, outputTokens: 500_000 },
    { model: 'constructor', inputTokens: 1, outputTokens: 1 },
  ],
  speechCharacters: 2_500,
  transcriptionMs: 1_800_000,
};

describe('the cost of a call', () => {
  it('is what was used times its price', () => {
    const prices = {
      models: { small: { input: 0.15, output: 0.6 } },
      speech: 0.1,
      transcription: 0.4,
      call: 0.0085,
    };
    const cost = costOf({ usage, durationMs: 60_001 }, prices);
    expect(cost.models).toBeCloseTo(0.6, 10);
    expect(cost.speech).toBeCloseTo(0.25, 10);
    expect(cost.transcription).toBeCloseTo(0.2, 10);
    expect(cost.call).toBeCloseTo(0.017, 10);
    expect(cost.total).toBeCloseTo(1.067, 10);
    expect(cost.unpriced).toEqual(['constructor']);
  });

  it('names everything that has no price', () => {
    expect(costOf({ usage, durationMs: 1 }, {})).toMatchObject({
      total: 0,
      unpriced: ['small', 'constructor', 'speech', 'transcription', 'call'],
    });
  });

  it('of nothing is nothing', () => {
    const none = { models: [], speechCharacters: 0, transcriptionMs: 0 };
    expect(costOf({ usage: none, durationMs: 0 }, {})).toMatchObject({ total: 0, unpriced: [] });
  });
});
