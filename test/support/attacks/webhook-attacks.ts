import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { about, type Attack, type Form, INCOMING, signed, STATUS } from './attack.js';
import type { BesiegedHost } from './besieged-host.js';
import { type HeaderLines, raw, request } from './wire.js';

type Call = Parameters<Attack['attack']>[1];

/** A request that would end the victim's call, if it were believed. */
const completes = (victim: Call): Form => about(victim, { CallStatus: 'completed', CallDuration: '7' });

const spoof = (name: string, headers: (form: Form, victim: Call) => HeaderLines, refused = 403): Attack => ({
  name: `a status ${name}`,
  refused,
  attack: async (host, victim) =>
    (await host.post(STATUS, completes(victim), headers(completes(victim), victim))).status,
});

const header = (form: Form) => signed(STATUS, form)[0]![1];

const SIGNATURES: Attack[] = [
  spoof('without a signature', () => []),
  spoof('with an empty signature', () => [['X-Twilio-Signature', '']]),
  spoof('with a signature of nonsense', () => [['X-Twilio-Signature', 'L/OH5YylLD5NRKLltdqwSvS0BnU=']]),
  spoof('with a signature of another length', (form) => [['X-Twilio-Signature', `${header(form)}A`]]),
  spoof('signed with another token', (form) => signed(STATUS, form, 'another-token')),
  spoof('signed with no token at all', (form) => signed(STATUS, form, '')),
  spoof('signed for another webhook', (form) => signed(INCOMING, form)),
  spoof('signed for plain http', (form) => signed(STATUS, form, undefined, 'http://voice.example.com')),
  spoof('signed for a stream', (form) => signed(STATUS, form, undefined, 'wss://voice.example.com:8443')),
  spoof('signed without its fields', () => signed(STATUS)),
  spoof('signed for another state of the same call', (form) =>
    signed(STATUS, { ...form, CallStatus: 'in-progress' }),
  ),
  spoof('signed for another call', (form) => signed(STATUS, { ...form, CallSid: `CA${'77'.repeat(16)}` })),
  spoof('signed with one field more than it has', (form) => signed(STATUS, { ...form, Extra: '1' })),
  spoof('with a field more than were signed', (form) => {
    const fewer = Object.entries(form).filter(([name]) => name !== 'CallDuration');
    return signed(STATUS, Object.fromEntries(fewer));
  }),
  spoof('with the right signature in another alphabet', (form) => [
    ['X-Twilio-Signature', Buffer.from(header(form), 'base64').toString('hex')],
  ]),
  spoof('with the right signature behind a wrong one', (form) => [
    ['X-Twilio-Signature', 'L/OH5YylLD5NRKLltdqwSvS0BnU='],
    ...signed(STATUS, form),
  ]),
  spoof('with the right signature before a wrong one', (form) => [
    ...signed(STATUS, form),
    ['X-Twilio-Signature', 'L/OH5YylLD5NRKLltdqwSvS0BnU='],
  ]),
  spoof('signed for the host that its Host names', (form) => [
    ['Host', 'evil.example'],
    ...signed(STATUS, form, undefined, 'https://evil.example'),
  ]),
  spoof('signed for the host that it says it was forwarded for', (form) => [
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Port', '443'],
    ['Forwarded', 'host=evil.example;proto=https'],
    ...signed(STATUS, form, undefined, 'https://evil.example'),
  ]),
  spoof('signed for the address that it says was asked for', (form) => [
    ['X-Original-URL', INCOMING],
    ['X-Rewrite-URL', INCOMING],
    ...signed(INCOMING, form),
  ]),
  spoof('that says it comes from this machine', () => [
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Real-IP', '127.0.0.1'],
    ['Host', '127.0.0.1'],
  ]),
  spoof('that says it is another method', () => [['X-HTTP-Method-Override', 'GET']]),
];

/** The webhooks there are. */
export const ROUTES = [
  'incoming',
  'outgoing',
  'continue',
  'transferred',
  'status',
  'stream-status',
  'answered-by',
  'recording',
];

const UNSIGNED: Attack[] = ROUTES.map((route) => ({
  name: `an unsigned request to /voice/${route}`,
  refused: 403,
  attack: async (host, victim) => {
    const more = { StreamSid: victim.stream!.streamSid, StreamEvent: 'stream-error', RecordingSid: 'RE1' };
    return (await host.post(`/voice/${route}`, { ...completes(victim), ...more })).status;
  },
}));

/** A right signature of `/voice/incoming`, at another target. */
const path = (target: string, refused: number): Attack => ({
  name: `a right signature of ${INCOMING} at ${target}`,
  refused,
  attack: async (host, victim) =>
    (await host.post(target, about(victim), signed(INCOMING, about(victim)))).status,
});

const PATHS: Attack[] = [
  path('/voice%2Fincoming', 404),
  path('/voice/incoming%2F', 404),
  path('/voice/%2e/incoming', 404),
  path('/voice/./incoming', 404),
  path('/voice/status/../incoming', 404),
  path('/voice/incoming/..;/status', 404),
  path('//voice/incoming', 404),
  path('/voice//incoming', 404),
  path('/voice\\incoming', 404),
  path('/voice/incoming%00', 404),
  path('/voice/incoming;a=1', 404),
  path('/VOICE/INCOMING', 403),
  path('/voice/incoming/', 403),
  path('/voice/incoming?', 403),
  path('/voice/incoming?a=1', 403),
  path('/voice/incoming?bodySHA256=', 403),
  path('/voice/status', 403),
  path('/voice/outgoing', 403),
  path('http://evil.example/voice/incoming', 403),
  path('https://voice.example.com:8443/voice/incoming', 403),
];

const sent = (
  name: string,
  refused: number,
  send: (host: BesiegedHost, form: Form) => Promise<{ readonly status: number }>,
): Attack => ({
  name,
  refused,
  attack: async (host, victim) => (await send(host, completes(victim))).status,
});
const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
const JSON_BODY = ['Content-Type', 'application/json'] as const;
const hashOf = (body: string) => createHash('sha256').update(body).digest('hex');
const text = (form: Form) => new URLSearchParams(form).toString();

const BODIES: Attack[] = [
  sent('a JSON body that is not the signed one', 403, (host, form) => {
    const target = `${STATUS}?bodySHA256=${hashOf('{}')}`;
    return host.send(target, JSON.stringify(form), [JSON_BODY, ...signed(target)]);
  }),
  sent('a JSON body with its own hash in an address that nobody signed', 403, (host, form) => {
    const body = JSON.stringify(form);
    return host.send(`${STATUS}?bodySHA256=${hashOf(body)}`, body, [JSON_BODY, ...signed(STATUS)]);
  }),
  sent('a JSON body with two hashes in its address', 403, (host, form) => {
    const body = JSON.stringify(form);
    const target = `${STATUS}?bodySHA256=${hashOf('{}')}&bodySHA256=${hashOf(body)}`;
    return host.send(target, body, [JSON_BODY, ...signed(target)]);
  }),
  sent('a JSON body that is signed like a request without fields', 403, (host, form) =>
    host.send(STATUS, JSON.stringify(form), [JSON_BODY, ...signed(STATUS)]),
  ),
  sent('JSON that is none', 400, (host) => host.send(STATUS, '{"CallSid":', [JSON_BODY, ...signed(STATUS)])),
  sent('fields with structure', 403, (host, form) =>
    host.send(STATUS, `${text(form)}&CallSid[a]=1&__proto__[b]=2`, [FORM, ...signed(STATUS, form)]),
  ),
  sent('a field twice', 400, (host, { CallSid = '', ...form }) =>
    host.send(STATUS, `CallSid=${CallSid}&CallSid=${CallSid}&${text(form)}`, [
      FORM,
      ...signed(STATUS, { CallSid, ...form }),
    ]),
  ),
  sent('fields moved into the one before, which a signature does not show', 400, (host, form) => {
    const { CallSid = '', CallStatus = '', ...others } = form;
    const { CallDuration = '', ...rest } = others;
    const moved = { ...rest, CallDuration: `${CallDuration}CallSid${CallSid}CallStatus${CallStatus}` };
    return host.post(STATUS, moved, signed(STATUS, form));
  }),
  sent('a CallSid with the next field in it', 400, (host, form) => {
    const { CallSid = '', CallStatus = '', ...rest } = form;
    return host.post(STATUS, { ...rest, CallSid: `${CallSid}CallStatus${CallStatus}` }, signed(STATUS, form));
  }),
  sent('a body of another kind', 403, (host, form) =>
    host.send(STATUS, text(form), [['Content-Type', 'text/plain'], ...signed(STATUS, form)]),
  ),
  sent('a body of 200 kB', 413, (host) => host.post(STATUS, { CallSid: 'x'.repeat(200_000) })),
  sent('a body of two thousand fields', 413, (host) =>
    host.send(STATUS, 'a=1&'.repeat(2_000), [FORM, ...signed(STATUS)]),
  ),
  sent('a body that unpacks to 50 MB', 413, (host) =>
    host.send(STATUS, gzipSync(Buffer.alloc(50_000_000, 'a')), [FORM, ['Content-Encoding', 'gzip']]),
  ),
];

const wire = (name: string, refused: number, bytes: (form: Form) => string | Buffer): Attack => ({
  name,
  refused,
  attack: async (host, victim) => (await raw(host.port, bytes(completes(victim)))).status,
});

const MESSAGES: Attack[] = [
  ...['GET', 'PUT', 'DELETE', 'HEAD'].map((method) =>
    wire(`${method} on a webhook`, 404, () => request(`${method} ${STATUS}`, [])),
  ),
  wire('a webhook that asks for an upgrade', 404, (form) =>
    request(`POST ${STATUS}`, [FORM, ['Upgrade', 'websocket'], ...signed(STATUS, form)], '', 'Upgrade'),
  ),
  wire('a request with two lengths', 400, () =>
    request(`POST ${STATUS}`, [FORM, ['Content-Length', '0'], ['Content-Length', '5']], 'a=1&b'),
  ),
  wire('a request with a length and in chunks', 400, () =>
    request(`POST ${STATUS}`, [FORM, ['Content-Length', '5'], ['Transfer-Encoding', 'chunked']], '0\r\n\r\n'),
  ),
  wire('a request without a Host', 400, () => `POST ${STATUS} HTTP/1.1\r\nConnection: close\r\n\r\n`),
  wire('a header with a NUL in it', 400, () => request(`POST ${STATUS}`, [['X-Twilio-Signature', 'a\0b']])),
  wire('headers of 40 kB', 431, () =>
    request(`POST ${STATUS}`, [['X-Twilio-Signature', 'a'.repeat(40_000)]]),
  ),
];

/** Against the webhooks. */
export const WEBHOOK_ATTACKS: readonly Attack[] = [
  ...SIGNATURES,
  ...UNSIGNED,
  ...PATHS,
  ...BODIES,
  ...MESSAGES,
];
