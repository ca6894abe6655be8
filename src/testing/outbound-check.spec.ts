import { describe, expect, it } from '@jest/globals';
import { checkOutbound } from './outbound-check.js';

const streamSid = 'MZ1';
const media = (payload: unknown, more: object = {}) => ({
  event: 'media',
  streamSid,
  media: { payload, ...more },
});
const file = (head: string) => media(Buffer.from(head + 'x'.repeat(20), 'latin1').toString('base64'));

describe('checkOutbound', () => {
  it.each([
    media('/////w=='),
    { event: 'mark', streamSid, mark: { name: 'a mark' } },
    { event: 'clear', streamSid },
  ])('takes what Twilio documents: %j', (message) => {
    expect(checkOutbound(Buffer.from(JSON.stringify(message)), false, streamSid)).toEqual({ ok: message });
  });

  it('rejects a binary frame with 31950', () => {
    expect(checkOutbound(Buffer.from([1, 2]), true, streamSid)).toEqual({
      violation: { code: 31950, reason: 'binary frame' },
    });
  });

  it.each<[string, unknown]>([
    ['not a JSON object', 'clear'],
    ['not a JSON object', ['clear']],
    ['unknown event "stop"', { event: 'stop', streamSid }],
    ['unknown event "toString"', { event: 'toString', streamSid }],
    ['unknown event undefined', { streamSid }],
    ['missing field streamSid', { event: 'clear' }],
    ['missing field media', { event: 'media', streamSid }],
    ['missing field mark', { event: 'mark', streamSid }],
    ['missing field mark.name', { event: 'mark', streamSid, mark: {} }],
    ['media is not an object', { event: 'media', streamSid, media: 'AAAA' }],
    ['media.payload is not a string', media(7)],
    ['extra field sequenceNumber', { event: 'clear', streamSid, sequenceNumber: '1' }],
    ['extra field media.track', media('AAAA', { track: 'outbound' })],
    ['streamSid of another stream: "MZ2"', { event: 'clear', streamSid: 'MZ2' }],
    ['empty payload', media('')],
    ['payload is not base64', media('no base64!')],
    ['payload is not base64', media('AAA')],
    ['payload starts with a file header: RIFF (wav)', file('RIFF')],
    ['payload starts with a file header: ID3 (mp3)', file('ID3')],
    ['payload starts with a file header: Ogg', file('OggS')],
    ['payload starts with a file header: FLAC', file('fLaC')],
    ['payload starts with a file header: WebM', file('\x1aE\xdf\xa3')],
  ])('rejects with 31951: %s', (reason, message) => {
    expect(checkOutbound(JSON.stringify(message), false, streamSid)).toEqual({
      violation: { code: 31951, reason },
    });
  });

  it('rejects with 31951 what is no JSON', () => {
    expect(checkOutbound('{"event":', false, streamSid)).toMatchObject({ violation: { code: 31951 } });
  });
});
