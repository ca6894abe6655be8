import { describe, expect, it } from '@jest/globals';
import { relayEvent, relayMessage, type RelayMessage } from './relay-messages.js';

const SIDS = { callSid: 'CA1', streamSid: 'MZ1', seq: 3 };
const START = { accountSid: 'AC1', parameters: { from: '+15550100' } };

describe('a message about a stream that is handed on', () => {
  it.each<[RelayMessage]>([
    [{ ...SIDS, kind: 'start', start: START, from: 'one' }],
    [{ ...SIDS, kind: 'audio', audio: '/w==', timestampMs: 20 }],
    [{ ...SIDS, kind: 'close' }],
    [{ ...SIDS, kind: 'close', outcome: 'drained' }],
    [{ ...SIDS, kind: 'ended', reason: 'stop' }],
    [{ ...SIDS, kind: 'clear' }],
    [{ ...SIDS, kind: 'here' }],
  ])('crosses as it was: %j', (message) => {
    expect(relayMessage(JSON.parse(JSON.stringify(relayEvent(message))) as never)).toEqual(message);
  });

  it.each([
    ['of another type', { type: 'note', ...SIDS, kind: 'clear' }],
    ['without a number', { ...SIDS, seq: undefined, kind: 'clear' }],
    ['without a call', { ...SIDS, callSid: undefined, kind: 'clear' }],
    ['without a stream', { ...SIDS, streamSid: undefined, kind: 'clear' }],
    ['of no kind', { ...SIDS }],
    ['of an unknown kind', { ...SIDS, kind: 'constructor' }],
    ['with audio that is no text', { ...SIDS, kind: 'media', audio: [1] }],
    ['with a time that is no number', { ...SIDS, kind: 'audio', audio: '', timestampMs: '20' }],
    ['with an unknown outcome', { ...SIDS, kind: 'close', outcome: 'won' }],
    ['with an unknown reason', { ...SIDS, kind: 'ended', reason: 'why' }],
    ['with a start that has no account', { ...SIDS, kind: 'start', from: 'one', start: {} }],
    [
      'with a parameter that is no text',
      { ...SIDS, kind: 'start', from: 'one', start: { ...START, parameters: { a: 1 } } },
    ],
  ])('is none %s', (_, event) => {
    expect(relayMessage({ type: 'stream-relay', ...event })).toBeUndefined();
  });
});
