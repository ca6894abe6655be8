import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { resolveOptions, type TwilioVoiceOptions } from '../twilio-voice.options.js';
import { type SignedWebhook, TwilioSignatures } from './signature.js';

const authToken = '12345';
const socket = { remoteAddress: '192.0.2.1' };
const of = (options: TwilioVoiceOptions = {}) =>
  new TwilioSignatures(resolveOptions({ publicUrl: 'https://a.example', authToken, ...options }));
/** Signs that URL as it stands, port and all. */
const signed = (url: string, form: Record<string, unknown> = {}, token = authToken) => ({
  'x-twilio-signature': getExpectedTwilioSignature(token, url, form),
});

const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
beforeAll(() => {
  Logger.overrideLogger(false);
});
afterEach(() => {
  warned.mockClear();
});
afterAll(() => {
  warned.mockRestore();
});

describe('The signature of a handshake', () => {
  it.each([
    ['https://a.example', 'wss://a.example/voice/stream', true],
    ['https://a.example', 'wss://a.example/voice/stream/', true],
    ['https://a.example', 'wss://a.example:443/voice/stream', true],
    ['https://a.example', 'wss://a.example:443/voice/stream/', true],
    ['https://a.example:443', 'wss://a.example/voice/stream', true],
    ['https://a.example:8443', 'wss://a.example:8443/voice/stream', true],
    ['https://a.example:8443', 'wss://a.example/voice/stream/', true],
    ['https://a.example/api/', 'wss://a.example/api/voice/stream', true],
    ['https://A.Example', 'wss://a.example/voice/stream', true],
    ['http://127.0.0.1:3000', 'ws://127.0.0.1:3000/voice/stream', true],
    ['https://a.example', 'wss://a.example:8443/voice/stream', false],
    ['https://a.example:8443', 'wss://a.example:443/voice/stream', false],
    ['https://a.example', 'wss://a.example/voice/stream//', false],
    ['https://a.example', 'wss://a.example/voice/stream?', false],
    ['https://a.example', 'wss://a.example/VOICE/stream', false],
    ['https://a.example/api', 'wss://a.example/voice/stream', false],
    ['https://a.example', 'https://a.example/voice/stream', false],
    ['https://a.example', 'ws://a.example/voice/stream', false],
    ['https://a.example', 'wss://b.example/voice/stream', false],
  ])('with publicUrl %s may be of %s: %s', (publicUrl, url, right) => {
    expect(of({ publicUrl }).handshake({ headers: signed(url), socket })).toBe(right);
  });
});

const form = {
  To: '+15550101',
  CallSid: 'CA1',
  from: 'b',
  From: '+15550100',
  Digits: ' 1 +2 ',
  Name: 'Zoë',
  Empty: '',
};
const url = 'https://a.example/voice/status';
const webhook = (more: Partial<SignedWebhook>): SignedWebhook => ({
  headers: signed(url, form),
  socket,
  originalUrl: '/voice/status',
  body: form,
  ...more,
});

describe('The signature of a form', () => {
  it.each<[string, boolean, Partial<SignedWebhook>]>([
    ['as Twilio signs it, whatever its fields are called and hold', true, {}],
    [
      'without a prototype, as Fastify has it',
      true,
      { body: Object.assign(Object.create(null) as object, form) },
    ],
    ['with the port of https', true, { headers: signed(url.replace('example', 'example:443'), form) }],
    [
      'of an address with a query',
      true,
      { originalUrl: '/voice/status?a=%27b+c', headers: signed(`${url}?a=%27b+c`, form) },
    ],
    ['of an empty form', true, { body: undefined, headers: signed(url) }],
    ['trimmed', false, { headers: signed(url, { ...form, Digits: '1 +2' }) }],
    ['with its fields in the order of a dictionary', false, { headers: dictionaryOrder() }],
    ['of another address', false, { originalUrl: '/voice/incoming' }],
    ['at an address with a host of its own', false, { originalUrl: url }],
    ['at no address', false, { originalUrl: '' }],
    ['with fields that have a structure', false, { body: { ...form, CallSid: { a: 'CA1' } } }],
    ['that is a list', false, { body: [form] }],
    ['that is null', false, { body: null }],
    ['twice in the headers', false, { headers: { 'x-twilio-signature': `${sign()}, ${sign()}` } }],
  ])('%s: %s', (_, right, request) => {
    expect(of().webhook(webhook(request))).toBe(right);
  });

  it('may be by either of two auth tokens while they are rotated, and by no third one', () => {
    const rotating = of({ authToken: ['new', 'old'] });
    const by = (token: string) => rotating.webhook(webhook({ headers: signed(url, form, token) }));
    expect(['new', 'old', 'older', authToken].map(by)).toEqual([true, true, false, false]);
  });
});

function sign(): string {
  return signed(url, form)['x-twilio-signature'];
}

/** `from` before `From`, as a comparison of words would have it. */
function dictionaryOrder() {
  const names = Object.keys(form).sort((one, other) => one.localeCompare(other));
  return signed(url + names.map((name) => name + form[name as keyof typeof form]).join(''));
}

describe('The signature of JSON', () => {
  const body = JSON.stringify({ CallSid: 'CA1', name: 'Zoë' });
  const hash = createHash('sha256').update(body).digest('hex');
  const json = (more: Partial<SignedWebhook>): SignedWebhook => ({
    headers: signed(`${url}?a=1&bodySHA256=${hash}`),
    socket,
    originalUrl: `/voice/status?a=1&bodySHA256=${hash}`,
    body: JSON.parse(body) as unknown,
    rawBody: Buffer.from(body),
    ...more,
  });

  it.each<[string, boolean, Partial<SignedWebhook>]>([
    ['holds for the body it was made for', true, {}],
    [
      'does not hold for the same JSON in other bytes',
      false,
      { rawBody: Buffer.from(body.replace(':', ': ')) },
    ],
    ['does not hold for an empty body', false, { rawBody: Buffer.alloc(0) }],
    ['does not hold for bytes that are no text', false, { rawBody: Buffer.from([0xff]) }],
    [
      'does not hold for another hash',
      false,
      { originalUrl: `/voice/status?a=1&bodySHA256=${'0'.repeat(64)}` },
    ],
  ])('%s', (_, right, request) => {
    expect(of().webhook(json(request))).toBe(right);
  });

  it('cannot be checked without the body’s bytes: it is refused, and the fix is told once', () => {
    const signatures = of();
    const requests = Array.from({ length: 5 }, () => json({ rawBody: undefined }));
    expect(requests.map((request) => signatures.webhook(request))).toEqual(requests.map(() => false));
    expect(warned.mock.calls).toEqual([[expect.stringContaining('rawBody: true')]]);
  });
});

describe('Without an auth token', () => {
  const local = { host: '127.0.0.1:3000' };
  const here = { remoteAddress: '127.0.0.1' };
  const unsigned = () => of({ publicUrl: 'http://127.0.0.1:3000', authToken: undefined });

  it.each([
    ['this machine', local, here, true],
    ['this machine by its name', { host: 'localhost' }, { remoteAddress: '::1' }, true],
    ['this machine, IPv4 in IPv6', { host: '[::1]:3000' }, { remoteAddress: '::ffff:127.0.0.2' }, true],
    ['another machine', local, socket, false],
    ['another machine that says otherwise', { ...local, 'x-forwarded-for': '127.0.0.1' }, socket, false],
    ['a socket that is gone', local, {}, false],
    ['a name that a page has pointed at this machine', { host: 'evil.example:3000' }, here, false],
    ['a name that begins like this machine', { host: '127.0.0.1.evil.example' }, here, false],
    ['no host', {}, here, false],
    ...[
      'forwarded',
      'via',
      'origin',
      'sec-fetch-site',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-anything',
      'x-real-ip',
      'x-client-ip',
      'x-original-host',
      'true-client-ip',
      'cf-connecting-ip',
    ].map((name) => [`a proxy or a page, by ${name}`, { ...local, [name]: 'a' }, here, false] as const),
  ])('a webhook and a handshake of %s count: %s', (_, headers, from, right) => {
    const request = { headers, socket: from, originalUrl: '/voice/status', body: form };
    expect([unsigned().webhook(request), unsigned().handshake(request)]).toEqual([right, right]);
  });
});
