import { describe, expect, it } from '@jest/globals';
import { parseServerMessage } from './server-message.js';

const parse = (message: object) => parseServerMessage(JSON.stringify(message));
const times = { chars: ['a'], startsMs: [0], durationsMs: [60] };

describe('a message of the server', () => {
  it.each([
    { contextId: 'u1', isFinal: true },
    { contextId: 'u1', is_final: true },
    { context_id: 'u1', isFinal: true },
    { context_id: 'u1', is_final: true },
  ])('is read in every spelling: %j', (message) => {
    expect(parse(message)).toMatchObject({ contextId: 'u1', isFinal: true });
  });

  it.each([
    { chars: ['a'], charStartTimesMs: [0], charDurationsMs: [60] },
    { chars: ['a'], charsStartTimesMs: [0], charsDurationsMs: [60] },
    { chars: ['a'], char_start_times_ms: [0], char_durations_ms: [60] },
  ])('has character times in every spelling: %j', (alignment) => {
    expect(parse({ contextId: 'u1', alignment })?.alignment).toEqual(times);
  });

  it('has audio in memory of its own', () => {
    const audio = Buffer.from([1, 2, 3]).toString('base64');
    expect(parse({ audio, isFinal: null, alignment: null })).toEqual({
      audio: Uint8Array.of(1, 2, 3),
      isFinal: false,
      isFlushDone: false,
    });
    expect(parse({ audio })?.audio?.buffer.byteLength).toBe(3);
  });

  it.each([
    ['no JSON', 'garbage'],
    ['no object', '[1]'],
    ['audio that is no base64', '{"audio":"<html>"}'],
    ['audio that is no text', '{"audio":5}'],
  ])('is refused when it is %s', (_, text) => {
    expect(parseServerMessage(text)).toBeUndefined();
  });

  it.each([
    { chars: ['a', 'b'], charStartTimesMs: [0], charDurationsMs: [60] },
    { chars: 'ab', charStartTimesMs: [0, 1], charDurationsMs: [60, 60] },
    { chars: [], charStartTimesMs: [], charDurationsMs: [] },
    { chars: ['a'], charStartTimesMs: [null], charDurationsMs: [60] },
  ])('loses times that are not whole, and nothing else: %j', (alignment) => {
    const message = parse({ contextId: 'u1', audio: 'AAAA', alignment });
    expect(message?.alignment).toBeUndefined();
    expect(message?.audio).toHaveLength(3);
  });

  it('tells of an error, and of a flush that is done', () => {
    expect(parse({ message: 'Too many', error: 'max_active_conversations', code: 1008 })?.error).toEqual({
      code: 'max_active_conversations',
      message: 'Too many',
    });
    expect(parse({ type: 'flush_done', context_id: 'u1' })).toMatchObject({
      isFlushDone: true,
      contextId: 'u1',
    });
  });
});
