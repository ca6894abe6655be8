import { describe, expect, it } from '@jest/globals';
import { resolveOptions, type TwilioVoiceOptions } from '../twilio-voice.options.js';

type Limits = TwilioVoiceOptions['limits'];

describe('The limits', () => {
  it('are safe without any setting', () => {
    expect(resolveOptions().limits).toMatchObject({
      callMs: 1_800_000,
      silenceMs: 120_000,
      turns: 200,
      tokens: 1_000_000,
      speechCharacters: 100_000,
      callsPerCaller: { most: 10, withinMs: 600_000 },
      withheldCalls: { most: 30, withinMs: 600_000 },
      admission: { timeoutMs: 3_000, onFailure: 'refuse' },
    });
  });

  it.each(['callMs', 'silenceMs', 'turns', 'tokens', 'speechCharacters'] as const)(
    'take Infinity for no limit, and refuse anything else that is no whole number, by name: %s',
    (name) => {
      expect(resolveOptions({ limits: { [name]: Infinity } }).limits[name]).toBe(Infinity);
      expect(resolveOptions({ limits: { [name]: 1 } }).limits[name]).toBe(1);
      for (const wrong of [0, -1, 1.5, NaN, -Infinity, 2 ** 31, '5', null, {}])
        expect(() => resolveOptions({ limits: { [name]: wrong } })).toThrow(
          new RegExp(`limits\\.${name}: must be a whole number from 1 to 2147483647, or Infinity`),
        );
    },
  );

  it.each<[string, Limits]>([
    ['limits.callsPerCaller.most', { callsPerCaller: { most: 0 } }],
    ['limits.callsPerCaller.most', { callsPerCaller: { most: 1_001 } }],
    ['limits.callsPerCaller.withinMs', { callsPerCaller: { withinMs: 0 } }],
    ['limits.callsPerCaller', { callsPerCaller: { perMs: 1 } as never }],
    ['limits.withheldCalls.most', { withheldCalls: { most: -1 } }],
    ['limits.admission.timeoutMs', { admission: { timeoutMs: 60_000 } }],
    ['limits.admission.onFailure', { admission: { onFailure: 'maybe' as never } }],
    ['limits', { callsPerCallers: {} } as never],
  ])('name %s when it is wrong', (name, limits) => {
    expect(() => resolveOptions({ limits })).toThrow(`${name}: `);
  });

  it('have a goodbye', () => {
    expect(resolveOptions().conversation.limitReached).toMatch(/^I am sorry, .* Goodbye\.$/);
    expect(() => resolveOptions({ conversation: { limitReached: '' } })).toThrow('conversation.limitReached');
  });
});
