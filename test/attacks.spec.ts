import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type SimulatedCall, twilioSignature } from '../src/testing/index.js';
import { parseTwiml, type TwimlElement } from '../src/testing/twiml-parser.js';
import { TwilioStreamGateway } from '../src/twilio/twilio-stream.gateway.js';
import { about, type Attack, INCOMING, NOBODYS_CALL, signed, STATUS } from './support/attacks/attack.js';
import {
  AUTH_TOKEN,
  BesiegedHost,
  MAX_PENDING_PER_ADDRESS,
  OLD_TOKEN,
  SIGNED,
  STREAM_URL,
} from './support/attacks/besieged-host.js';
import { HANDSHAKE_ATTACKS } from './support/attacks/handshake-attacks.js';
import { start, STREAM_ATTACKS } from './support/attacks/stream-attacks.js';
import { ROUTES, WEBHOOK_ATTACKS } from './support/attacks/webhook-attacks.js';
import { halfOpen } from './support/attacks/wire.js';

const LIVE_CALLS = 20;
const ATTACKS: readonly Attack[] = [...WEBHOOK_ATTACKS, ...HANDSHAKE_ATTACKS, ...STREAM_ATTACKS];

describe('A host with twenty calls going on', () => {
  let host: BesiegedHost;
  let calls: SimulatedCall[];
  let victim: SimulatedCall;

  beforeAll(async () => {
    host = await BesiegedHost.open();
    calls = [];
    while (calls.length < LIVE_CALLS)
      calls.push(...(await Promise.all(Array.from({ length: 5 }, () => host.dial()))));
    victim = calls[7]!;
  }, 90_000);

  afterEach(async () => {
    await host.calm();
    expect([host.registry.size, host.open.size]).toEqual([LIVE_CALLS, LIVE_CALLS]);
  });

  afterAll(async () => {
    await host.close();
  });

  it('is attacked in no fewer than forty ways, each named once', () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
    expect(ATTACKS.length).toBeGreaterThanOrEqual(40);
  });

  it('is attacked at every webhook that it has', () => {
    const mapped = host.logs.flatMap((line) => /^Mapped \{\/voice\/(.*), POST\}/.exec(line)?.[1] ?? []);
    expect(mapped.sort()).toEqual([...ROUTES].sort());
  });

  it.each(ATTACKS)('refuses $name', async ({ attack, refused }) => {
    expect(await attack(host, victim)).toEqual(refused);
  });

  it('takes what is genuine: a status of either auth token, a handshake with either, on either port', async () => {
    const form = about(victim);
    for (const token of [AUTH_TOKEN, OLD_TOKEN]) {
      expect((await host.post(STATUS, form, signed(STATUS, form, token))).status).toBe(204);
      expect(
        (await host.post(STATUS, form, [['Host', 'evil.example'], ...signed(STATUS, form, token)])).status,
      ).toBe(204);
      for (const url of [STREAM_URL, `${STREAM_URL}/`])
        expect(
          (await host.handshake('/voice/stream', [['X-Twilio-Signature', twilioSignature(token, url)]]))
            .status,
        ).toBe(101);
    }
    expect((await host.handshake('/voice/stream/')).status).toBe(101);
  });

  it('lets nobody write TwiML by what a caller is called', async () => {
    const From = `sip:"/><Hangup/><!--&amp;\u0000\u0008\uffff]]>@example.com`;
    const form = about(victim, {
      CallSid: NOBODYS_CALL,
      From,
      To: '</Parameter></Stream></Connect><Reject/>',
    });
    const { status, body } = await host.post(INCOMING, form, signed(INCOMING, form));
    expect(status).toBe(200);
    expect(body).not.toMatch(/[^\P{Cc}\n]|\uffff/u);
    const root = parseTwiml(body);
    expect(root.children.map(({ name }) => name)).toEqual(['Connect', 'Redirect']);
    const names = (element: TwimlElement): string[] => [element.name, ...element.children.flatMap(names)];
    expect(new Set(names(root.children[0]!))).toEqual(new Set(['Connect', 'Stream', 'Parameter']));
    expect(root.children[0]!.children[0]!.children.map(({ attributes }) => attributes['name'])).toEqual([
      'from',
      'to',
      'direction',
      '_token',
    ]);
  });

  it('takes a status that is repeated, and nothing comes of it: it is the caller’s word against nobody’s', async () => {
    const form = about(victim, { CallSid: NOBODYS_CALL, CallStatus: 'completed' });
    for (let count = 0; count < 5; count++)
      expect((await host.post(STATUS, form, signed(STATUS, form))).status).toBe(204);
  });

  it('connects no call that is over, though its webhook is repeated with the right signature', async () => {
    const callSid = `CA${'0f'.repeat(16)}`;
    const incoming = about(victim, { CallSid: callSid });
    const completed = { ...incoming, CallStatus: 'completed' };
    await host.post(STATUS, completed, signed(STATUS, completed));
    const { status, body } = await host.post(INCOMING, incoming, signed(INCOMING, incoming));
    expect(status).toBe(200);
    const _token = /name="_token" value="([^"]+)"/.exec(body)![1];
    const attacker = await host.attacker();
    expect(await attacker.send(start(callSid, { _token })).closed).toBe(1008);
    expect(host.open.refusals.get('token call-over')).toBe(1);
  });

  it('keeps no place for connections that never finish their handshake, or their body', async () => {
    const handshake = `GET /voice/stream HTTP/1.1\r\nHost: voice.example.com\r\n${SIGNED[0]!.join(': ')}\r\n`;
    const post = `POST ${STATUS} HTTP/1.1\r\nHost: voice.example.com\r\nContent-Length: 90000\r\n\r\nCallSid`;
    const sockets: Socket[] = await Promise.all(
      Array.from({ length: 200 }, (_, index) => halfOpen(host.port, index % 2 === 0 ? handshake : post)),
    );
    expect(host.open.pending).toBe(0);
    expect((await host.handshake('/voice/stream')).status).toBe(101);
    expect((await host.post(STATUS, about(victim), signed(STATUS, about(victim)))).status).toBe(204);
    for (const socket of sockets) socket.write('Sec-WebSocket-Version: 13\r\n'); // drop by drop
    expect(host.open.pending).toBeLessThanOrEqual(1);
    await Promise.all(sockets.map((socket) => (socket.destroy(), once(socket, 'close'))));
  });

  it('has only so many pending sockets of one address, answers the others 429, and is free again in time', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => host.socket()));
    const taken = answers.filter((answer) => typeof answer !== 'number');
    expect(taken).toHaveLength(MAX_PENDING_PER_ADDRESS);
    expect(answers.filter((answer) => answer === 429)).toHaveLength(60 - MAX_PENDING_PER_ADDRESS);
    expect(await Promise.all(taken.map(({ closed }) => closed))).toEqual(taken.map(() => 1008));
    expect((await host.handshake('/voice/stream')).status).toBe(101);
  });

  it('answers a thousand strangers 403, and a new call nevertheless', async () => {
    const form = about(victim, { CallStatus: 'completed' });
    const strangers = Array.from({ length: 500 }, () => [
      host.handshake('/voice/stream', []),
      host.post(STATUS, form),
    ]).flat();
    const call = await host.dial();
    expect(new Set((await Promise.all(strangers)).map(({ status }) => status))).toEqual(new Set([403]));
    call.hangUp();
    await host.until(() => host.registry.size === LIVE_CALLS);
  });

  it('has gone on talking to all twenty callers: not a gap, a jump or a repetition at any ear', () => {
    expect(host.disturbances(calls)).toEqual([]);
  });

  it('has told nothing in its log: no token, number, word or payload, no control character, and few lines', () => {
    const text = host.logs.join('\n');
    const minted = calls.map(
      (call) => /name="_token" value="([^"]+)"/.exec(call.eventsOf('twiml')[0]!.detail)![1]!,
    );
    for (const secret of [AUTH_TOKEN, OLD_TOKEN, SIGNED[0]![1], '+1500555', 'word0', 'evil', ...minted])
      expect(text).not.toContain(secret);
    expect(text).not.toMatch(/xxxx|\[\[|_token/);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    const ours = host.logs.filter((line) => /refused|Stream|webhook/.test(line));
    expect(ours.length).toBeLessThan(30);
  });

  it('counts what it refused', () => {
    const { refusals } = host.get(TwilioStreamGateway);
    expect(refusals[403]).toBeGreaterThan(500);
    expect(refusals[429]).toBe(60 - MAX_PENDING_PER_ADDRESS);
    expect(host.open.refusals.get('token reused')).toBe(2);
  });
});

describe('A host under a flood', () => {
  const collect = (): number => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    gc();
    return process.memoryUsage().heapUsed;
  };

  it('needs no more memory after 2,000 attacks than after 400, and keeps nothing of them', async () => {
    const host = await BesiegedHost.open({ maxPendingPerAddress: 100 });
    const call = { callSid: NOBODYS_CALL, accountSid: `AC${'a1'.repeat(16)}`, from: '+1', to: '+2' };
    const form = about(call);
    const round = async () => {
      for (let times = 0; times < 10; times++) {
        const posts = Array.from({ length: 20 }, () => host.post(STATUS, form));
        const handshakes = Array.from({ length: 10 }, () => host.handshake('/voice/stream', []));
        const sockets = Array.from({ length: 10 }, async () => {
          const attacker = await host.attacker();
          return attacker.send(start(NOBODYS_CALL, { _token: 'x'.repeat(10_000) })).closed;
        });
        await Promise.all([...posts, ...handshakes, ...sockets]);
      }
      await host.calm();
    };
    await round();
    const before = collect();
    for (let rounds = 0; rounds < 4; rounds++) await round();
    expect(collect() - before).toBeLessThan(1_000_000); // two thirds of a kB of each would be more
    expect([host.open.size, host.open.pending, host.registry.size]).toEqual([0, 0, 0]);
    expect(host.open.refusals.get('token forged')).toBe(500);
    expect(host.logs.filter((line) => /refused|Stream/.test(line))).toHaveLength(3);
    await host.close();
  }, 60_000);

  it('keeps nothing of a call that is over', async () => {
    const host = await BesiegedHost.open();
    const calls = await Promise.all([host.dial(), host.dial()]);
    for (const call of calls) call.hangUp();
    await host.until(() => host.registry.size + host.open.size + host.open.pending === 0);
    await host.until(() => host.voice.active === 0);
    expect(calls.map(({ callSid }) => host.registry.find(callSid))).toEqual([undefined, undefined]);
    await host.close();
  });
});
