import { describe, expect, it } from '@jest/globals';
import { ToolCallDeltas } from './tool-call-deltas.js';

const call = (name: string, text: string) => ({ name, arguments: text });

describe('the pieces of tool calls', () => {
  it.each<[string, unknown[], unknown[]]>([
    [
      'as OpenAI sends them',
      [
        [{ index: 0, id: 'a', function: { name: 'one', arguments: '' } }],
        [{ index: 0, function: { arguments: '{"x"' } }],
        [{ index: 1, id: 'b', function: { name: 'two', arguments: '' } }],
        [{ index: 0, function: { arguments: ':1}' } }],
        [{ index: 1, function: { arguments: '{}' } }],
      ],
      [call('one', '{"x":1}'), call('two', '{}')],
    ],
    [
      'whole, without an index',
      [
        [{ id: 'a', function: { name: 'one', arguments: '{}' } }],
        [{ id: 'b', function: { name: 'two', arguments: '{}' } }],
      ],
      [call('one', '{}'), call('two', '{}')],
    ],
    [
      'without an index in what follows',
      [[{ id: 'a', function: { name: 'one', arguments: '{' } }], [{ function: { arguments: '}' } }]],
      [call('one', '{}')],
    ],
    [
      'with the name repeated in each',
      [
        [{ index: 0, id: 'a', function: { name: 'one', arguments: '{' } }],
        [{ index: 0, id: 'a', function: { name: 'one', arguments: '}' } }],
      ],
      [call('one', '{}')],
    ],
    ['that are none', [null, 'x', [null, 1, { function: null }]], [call('', '')]],
  ])('are put together %s', (_, deltas, calls) => {
    const collected = new ToolCallDeltas();
    for (const delta of deltas) collected.add(delta);
    expect(collected.complete).toEqual(calls);
  });

  it('come to an end', () => {
    const collected = new ToolCallDeltas();
    expect(() => {
      for (;;) collected.add([{ index: 0, function: { arguments: 'x'.repeat(1_000) } }]);
    }).toThrow(/too many tools/);
  });
});
