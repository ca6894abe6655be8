import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Toolbox } from './toolbox.js';
import type { VoiceTool } from './voice-tool.js';

const tool = (own: Partial<Record<keyof VoiceTool, unknown>> = {}): VoiceTool =>
  ({
    name: 'look_up',
    description: 'Looks something up.',
    input: z.object({ what: z.string().describe('the thing'), times: z.number().int().default(1) }),
    run: () => 'found',
    ...own,
  }) as VoiceTool;

describe('a toolbox', () => {
  it('tells the model the JSON Schema of what a tool takes', () => {
    expect(new Toolbox([tool()]).definitions).toEqual([
      {
        name: 'look_up',
        description: 'Looks something up.',
        parameters: {
          type: 'object',
          properties: {
            what: { type: 'string', description: 'the thing' },
            times: expect.objectContaining({ type: 'integer', default: 1 }) as unknown,
          },
          required: ['what'],
        },
      },
    ]);
  });

  it('tells the model not to ask for what the caller will be asked', () => {
    expect(new Toolbox([tool({ confirm: 'Sure?' })]).definitions[0]?.description).toMatch(
      /^Looks something up\. The caller is asked/,
    );
  });

  it.each<[string, Partial<Record<keyof VoiceTool, unknown>>, RegExp]>([
    ['a name with a space', { name: 'look up' }, /Tool look up: name must be/],
    ['no name', { name: undefined }, /Tool undefined: name must be/],
    ['no description', { description: ' ' }, /Tool look_up: description must/],
    ['no run', { run: undefined }, /Tool look_up: run must be a method/],
    ['no schema', { input: { type: 'object' } }, /Tool look_up: input must be a zod schema/],
    ['an input that is no object', { input: z.string() }, /Tool look_up: input must be an object/],
    [
      'an input that JSON cannot tell',
      { input: z.object({ at: z.date() }) },
      /Tool look_up: input must be a zod/,
    ],
    ['an endless timeout', { timeoutMs: Infinity }, /Tool look_up: timeoutMs must be/],
    ['a negative pause', { fillerAfterMs: -1 }, /Tool look_up: fillerAfterMs must be/],
    ['an empty question', { confirm: ' ' }, /Tool look_up: confirm must not be/],
  ])('refuses a tool with %s', (_, own, message) => {
    expect(() => new Toolbox([tool(own)])).toThrow(message);
  });

  it('refuses two tools of one name', () => {
    expect(() => new Toolbox([tool(), tool()])).toThrow('Two tools are named look_up.');
  });
});
