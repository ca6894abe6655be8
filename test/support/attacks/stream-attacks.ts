import { createHmac } from 'node:crypto';
import { ScaledClock, type SimulatedCall } from '../../../src/testing/index.js';
import { resolveOptions } from '../../../src/twilio-voice.options.js';
import { StreamTokens } from '../../../src/twilio/stream-token.js';
import { type Attack, NOBODYS_CALL } from './attack.js';
import { AUTH_TOKEN, type Attacker, type BesiegedHost, START_TIMEOUT_MS } from './besieged-host.js';

const LOUD = Buffer.alloc(160, 0x80).toString('base64');
const streamSid = `MZ${'5e'.repeat(16)}`;

/** A `start` as Twilio writes it. */
export const start = (callSid: string, customParameters: unknown, stream = streamSid): object => ({
  event: 'start',
  sequenceNumber: '1',
  streamSid: stream,
  start: {
    accountSid: `AC${'a1'.repeat(16)}`,
    callSid,
    streamSid: stream,
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters,
  },
});

const media = (stream: string, sequenceNumber = '2') => ({
  event: 'media',
  sequenceNumber,
  streamSid: stream,
  media: { track: 'inbound', chunk: '1', timestamp: '20', payload: LOUD },
});

/** The token in the TwiML of a call, used up by now. */
const tokenOf = (call: SimulatedCall): string =>
  /name="_token" value="([^"]+)"/.exec(call.eventsOf('twiml')[0]!.detail)![1]!;

/** A token that was made `agoMs` ago. */
function oldToken(host: BesiegedHost, callSid: string, agoMs: number): string {
  const then = Object.assign(new ScaledClock(1), { epoch: () => host.clock.epoch() - agoMs });
  return new StreamTokens(resolveOptions({ authToken: AUTH_TOKEN }), then).mint(callSid);
}

const mint = (host: BesiegedHost, callSid: string) => host.get(StreamTokens).mint(callSid);

const starts = (
  name: string,
  parameters: (host: BesiegedHost, victim: SimulatedCall) => unknown,
  callSid: (victim: SimulatedCall) => string = ({ callSid }) => callSid,
): Attack => ({
  name: `a stream ${name}`,
  refused: 1008,
  attack: async (host, victim) => {
    const attacker = await host.attacker();
    return attacker.send(start(callSid(victim), parameters(host, victim))).closed;
  },
});
const nobodys = () => NOBODYS_CALL;

/** The token with one of its five parts changed. */
const tampered = (token: string, part: number, change: (text: string) => string): { _token: string } => ({
  _token: token
    .split('.')
    .map((text, index) => (index === part ? change(text) : text))
    .join('.'),
});

const TOKENS: Attack[] = [
  starts('without parameters', () => undefined),
  starts('without a token', () => ({ from: '+15005550000' })),
  starts('with an empty token', () => ({ _token: '' })),
  starts('with a token of nothing but dots', () => ({ _token: '....' })),
  starts('with a token that an attacker made', () => {
    const claims = `${(10 ** 14).toString(36)}.nonce.${Buffer.from(NOBODYS_CALL).toString('base64url')}.first`;
    const seal = createHmac('sha256', 'media stream token').update(claims).digest('base64url');
    return { _token: `${claims}.${seal}` };
  }),
  starts('of a call going on, with the token that it has used', (_, victim) => ({ _token: tokenOf(victim) })),
  starts(
    'of another call, with the token of one going on',
    (_, victim) => ({ _token: tokenOf(victim) }),
    nobodys,
  ),
  starts('of a call going on, with a good token of another one', (host) => ({
    _token: mint(host, NOBODYS_CALL),
  })),
  starts(
    'of a call that nobody makes, with a good token of another one',
    (host) => ({ _token: mint(host, `CA${'7e'.repeat(16)}`) }),
    nobodys,
  ),
  starts(
    'with a token that has just expired',
    (host) => ({ _token: oldToken(host, NOBODYS_CALL, 60_001) }),
    nobodys,
  ),
  starts(
    'with an expired token that says it is good for longer',
    (host) => tampered(oldToken(host, NOBODYS_CALL, 61_000), 0, () => (10 ** 14).toString(36)),
    nobodys,
  ),
  starts('with a good token that says it is of this call', (host, { callSid }) =>
    tampered(mint(host, NOBODYS_CALL), 2, () => Buffer.from(callSid).toString('base64url')),
  ),
  starts(
    'with a good token with another number used once',
    (host) => tampered(mint(host, NOBODYS_CALL), 1, () => 'AAAAAAAAAAAAAAAA'),
    nobodys,
  ),
  starts('of a call going on, with a good token from its own webhook, repeated', (host, { callSid }) => ({
    _token: mint(host, callSid),
  })),
  starts('with a good token that says it may follow', (host, { callSid }) =>
    tampered(mint(host, callSid), 3, () => 'next'),
  ),
  starts(
    'with a good token without its seal',
    (host) => tampered(mint(host, NOBODYS_CALL), 4, () => ''),
    nobodys,
  ),
  starts(
    'with a good token with half a seal',
    (host) => tampered(mint(host, NOBODYS_CALL), 4, (seal) => seal.slice(0, 20)),
    nobodys,
  ),
  starts(
    'with a good token and something behind it',
    (host) => ({ _token: `${mint(host, NOBODYS_CALL)}.a` }),
    nobodys,
  ),
  starts('with a token that is a list', (host) => ({ _token: [mint(host, NOBODYS_CALL)] }), nobodys),
  starts('with a prototype instead of a token', () => JSON.parse('{"__proto__":{"_token":"a"}}') as unknown),
  {
    name: 'a second use of a token that an attacker used first, and ends no call of anybody else with it',
    refused: 1008,
    attack: async (host) => {
      const _token = mint(host, NOBODYS_CALL);
      const first = await host.attacker();
      first.send(start(NOBODYS_CALL, { _token })).send({ event: 'stop', sequenceNumber: '2', streamSid });
      const second = await host.attacker();
      return second.send(start(NOBODYS_CALL, { _token })).closed;
    },
  },
];

/** What becomes of a socket for what it says; `LATE` is only what becomes of it for want of a start. */
const LATE = `1008 after ${START_TIMEOUT_MS} ms`;

const says = (
  name: string,
  refused: number | typeof LATE,
  act: (attacker: Attacker, victim: SimulatedCall) => unknown,
): Attack => ({
  name: `a socket that ${name}`,
  refused,
  attack: async (host, victim) => {
    const attacker = await host.attacker();
    const from = host.clock.now();
    act(attacker, victim);
    const code = await attacker.closed;
    return host.clock.now() - from < START_TIMEOUT_MS - 50 ? code : `${code} after ${START_TIMEOUT_MS} ms`;
  },
});

const SOCKETS: Attack[] = [
  says('says nothing', LATE, () => undefined),
  says('says nothing but pings, and reads no answer', 1006, (attacker) => {
    for (let count = 0; count < 1_000; count++) attacker.socket.ping('x'.repeat(125));
  }),
  says('says `connected` and no more', LATE, (attacker) => attacker.send({ event: 'connected' })),
  says('says a thousand things before it starts', 1008, (attacker) => {
    for (let count = 0; count < 1_000; count++) attacker.send({ event: 'connected' });
  }),
  says('sends audio into a call going on', 1008, (attacker, { stream }) => {
    for (let count = 0; count < 100; count++) attacker.send(media(stream!.streamSid, '999999'));
  }),
  says('presses keys in a call going on', LATE, (attacker, { stream }) =>
    attacker.send({
      event: 'dtmf',
      sequenceNumber: '999999',
      streamSid: stream!.streamSid,
      dtmf: { track: 'inbound_track', digit: '1' },
    }),
  ),
  says('stops a call going on', 1000, (attacker, { stream }) =>
    attacker.send({ event: 'stop', sequenceNumber: '999999', streamSid: stream!.streamSid }),
  ),
  says('sends 100 kB', 1009, (attacker) => attacker.send('x'.repeat(100_000))),
  says('sends 100 kB in pieces', 1009, (attacker) => {
    attacker.frame(0x1, Buffer.alloc(9_000, 'x'), { final: false });
    for (let count = 0; count < 10; count++) attacker.frame(0x0, Buffer.alloc(9_000, 'x'), { final: false });
  }),
  says('sends a message in a thousand pieces', 1008, (attacker) => {
    for (let count = 0; count < 1_000; count++)
      attacker.frame(count === 0 ? 0x1 : 0x0, Buffer.from('x'), { final: false });
  }),
  says('announces a terabyte', 1009, (attacker) => {
    const header = Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    (attacker.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(header);
  }),
  says('sends bytes', LATE, (attacker) => attacker.send(Buffer.alloc(1_000))),
  says('sends a depth of eight thousand brackets', LATE, (attacker) => attacker.send('['.repeat(8_000))),
  says('does not mask its frames', 1002, (attacker) =>
    attacker.frame(0x1, Buffer.from('{}'), { masked: false }),
  ),
  says('compresses what was not agreed on', 1002, (attacker) =>
    attacker.frame(0x1, Buffer.from('{}'), { reserved: 4 }),
  ),
  says('sends what is no text', 1007, (attacker) => attacker.frame(0x1, Buffer.from([0xff, 0xfe]))),
  says('sends a kind of frame that there is not', 1002, (attacker) => attacker.frame(0x3, Buffer.alloc(0))),
  {
    name: 'an oversized message of a started stream that does not let go of its place',
    refused: { size: 0, closed: 1009 },
    attack: async (host) => {
      const before = host.open.size;
      const attacker = await host.attacker();
      attacker.send(
        start(NOBODYS_CALL.replace('5e', '6e'), { _token: mint(host, NOBODYS_CALL.replace('5e', '6e')) }),
      );
      await host.until(() => host.open.size === before + 1);
      const wire = (attacker.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket;
      attacker.send('x'.repeat(100_000));
      wire.pause(); // it never reads the close, so it does not answer it
      await host.until(() => host.open.size === before);
      await host.clock.pass(START_TIMEOUT_MS + 800);
      wire.resume();
      return { size: host.open.size - before, closed: await attacker.closed };
    },
  },
];

/** Against a socket whose handshake was right: the signature of a handshake can be replayed. */
export const STREAM_ATTACKS: readonly Attack[] = [...TOKENS, ...SOCKETS];
