import { twilioSignature } from '../../../src/testing/index.js';
import { type Attack, signed, STATUS } from './attack.js';
import { AUTH_TOKEN, SIGNED, STREAM_URL, UPGRADE } from './besieged-host.js';
import { type HeaderLines, raw, request } from './wire.js';

const STREAM = '/voice/stream';
const WRONG: HeaderLines = [['X-Twilio-Signature', 'L/OH5YylLD5NRKLltdqwSvS0BnU=']];

const handshake = (name: string, refused: number, headers: HeaderLines): Attack => ({
  name: `a handshake ${name}`,
  refused,
  attack: async (host) => (await host.handshake(STREAM, headers)).status,
});

const signedFor = (url: string, token = AUTH_TOKEN): HeaderLines => [
  ['X-Twilio-Signature', twilioSignature(token, url)],
];

const SIGNATURES: Attack[] = [
  handshake('without a signature', 403, []),
  handshake('with a wrong signature', 403, WRONG),
  handshake('with the right signature and a wrong one', 403, [...SIGNED, ...WRONG]),
  handshake('signed with another token', 403, signedFor(STREAM_URL, 'another-token')),
  handshake('signed for https', 403, signedFor('https://voice.example.com/voice/stream')),
  handshake('signed for plain ws', 403, signedFor('ws://voice.example.com/voice/stream')),
  handshake('signed for another path', 403, signedFor('wss://voice.example.com/voice/status')),
  handshake('signed for another path below', 403, signedFor('wss://voice.example.com/voice/stream/a')),
  handshake('with the signature of a webhook', 403, signed(STATUS)),
  handshake('signed for the host that its headers name', 403, [
    ['Host', 'evil.example'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'wss'],
    ...signedFor('wss://evil.example/voice/stream'),
  ]),
  handshake('of a page in a browser', 403, [['Origin', 'https://voice.example.com:8443']]),
  handshake('with the signature as a subprotocol', 403, [['Sec-WebSocket-Protocol', 'twilio']]),
];

const target = (path: string, refused = 404): Attack => ({
  name: `a right handshake at ${path}`,
  refused,
  attack: async (host) => (await host.handshake(path)).status,
});

const PATHS: Attack[] = [
  '/voice/stream?a=1',
  '/voice/stream?_token=a',
  '/voice/stream/..',
  '/voice/./stream',
  '/voice/status/../stream',
  '/voice%2Fstream',
  '/voice/stre%61m',
  '/voice/stream//',
  '//voice/stream',
  '/VOICE/STREAM',
  '/voice/stream;a=1',
  'ws://voice.example.com:8443/voice/stream',
  'http://evil.example/voice/stream',
  '/voice/incoming',
  '/',
].map((path) => target(path));

const odd = (name: string, refused: number, bytes: Buffer): Attack => ({
  name: `a signed handshake ${name}`,
  refused,
  attack: async (host) => (await raw(host.port, bytes)).status,
});
const without = (header: string) => UPGRADE.filter(([name]) => name !== header);

const ODDITIES: Attack[] = [
  odd('that is a POST', 405, request(`POST ${STREAM}`, [...UPGRADE, ...SIGNED], '', 'Upgrade')),
  odd('that is an ordinary GET', 404, request(`GET ${STREAM}`, SIGNED)),
  odd(
    'to another protocol',
    400,
    request(`GET ${STREAM}`, [...without('Upgrade'), ['Upgrade', 'h2c'], ...SIGNED], '', 'Upgrade'),
  ),
  odd(
    'to two protocols',
    400,
    request(
      `GET ${STREAM}`,
      [...without('Upgrade'), ['Upgrade', 'h2c, websocket'], ...SIGNED],
      '',
      'Upgrade',
    ),
  ),
  odd(
    'without a key',
    400,
    request(`GET ${STREAM}`, [...without('Sec-WebSocket-Key'), ...SIGNED], '', 'Upgrade'),
  ),
  odd(
    'with two keys',
    400,
    request(
      `GET ${STREAM}`,
      [...UPGRADE, ['Sec-WebSocket-Key', 'BBBBBBBBBBBBBBBBBBBBBA=='], ...SIGNED],
      '',
      'Upgrade',
    ),
  ),
  odd(
    'of another version',
    400,
    request(
      `GET ${STREAM}`,
      [...without('Sec-WebSocket-Version'), ['Sec-WebSocket-Version', '7'], ...SIGNED],
      '',
      'Upgrade',
    ),
  ),
  odd(
    'with a broken subprotocol',
    400,
    request(`GET ${STREAM}`, [...UPGRADE, ['Sec-WebSocket-Protocol', 'a,,b'], ...SIGNED], '', 'Upgrade'),
  ),
];

/** Against the upgrade, before there is a socket. */
export const HANDSHAKE_ATTACKS: readonly Attack[] = [...SIGNATURES, ...PATHS, ...ODDITIES];
