import { describe, expect, it } from '@jest/globals';
import { type ChatUsage, UsageMeter } from './chat-usage.js';
import type { ChatBody } from './sdk.js';

/** 43 bytes of JSON: eleven tokens by estimate. */
const REQUEST = { messages: [{ role: 'user', content: '' }] } as Partial<ChatBody> as ChatBody;

function metered(does: (meter: UsageMeter) => void): ChatUsage[] {
  const told: ChatUsage[] = [];
  const meter = new UsageMeter(REQUEST, (usage) => told.push(usage));
  does(meter);
  meter.over();
  return told;
}
const usage = (prompt_tokens: unknown, completion_tokens: unknown) => ({
  usage: { prompt_tokens, completion_tokens },
});

describe('what a request to a model costs', () => {
  it.each<[string, object]>([
    ['behind the last choice', { choices: [], ...usage(120, 7) }],
    ['with the last choice', { choices: [{ finish_reason: 'stop' }], ...usage(120, 7) }],
    ['without any choices', usage(120, 7)],
  ])('is what the server tells %s, once', (_, chunk) => {
    const told = metered((meter) => {
      meter.wrote('What it wrote is not counted then.');
      meter.told(chunk);
      meter.told(chunk);
    });
    expect(told).toEqual([{ inputTokens: 120, outputTokens: 7 }]);
  });

  it('is what the server tells at the end, not what it was until then', () => {
    const told = metered((meter) => {
      for (const [completed, finish_reason] of [
        [1, null],
        [2, null],
        [3, 'stop'],
      ] as const)
        // prettier-ignore
        meter.told({ choices: [{ finish_reason }], ...usage(120, completed) });
    });
    expect(told).toEqual([{ inputTokens: 120, outputTokens: 3 }]);
  });

  it.each<[string, number]>([
    ['', 0],
    ['a', 1],
    ['four', 1],
    ['five!', 2],
    ['дом', 2], // of two bytes each
    ['書店', 2], // of three
  ])('is estimated by its bytes where the server tells nothing: %j', (text, outputTokens) => {
    const told = metered((meter) => {
      for (const letter of text) meter.wrote(letter);
    });
    expect(told).toEqual([{ inputTokens: 11, outputTokens, estimated: true }]);
  });

  it.each<[string, unknown]>([
    ['no usage', { choices: [] }],
    ['half of it', { choices: [], ...usage(120, undefined) }],
    ['a negative number', { choices: [], ...usage(-1, 7) }],
    ['a text', { choices: [], ...usage('120', 7) }],
    ['a fraction', { choices: [], ...usage(1.5, 7) }],
    ['nothing', null],
  ])('is estimated when the server tells %s', (_, chunk) => {
    const told = metered((meter) => {
      meter.told(chunk);
    });
    expect(told).toMatchObject([{ estimated: true }]);
  });

  it('is nothing when the server refuses', () => {
    const told = metered((meter) => {
      meter.refused();
    });
    expect(told).toEqual([]);
  });
});
