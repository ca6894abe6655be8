import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  type AnsweredByEvent,
  CALL_DIRECTORY,
  type CallbackEvent,
  type CallDirectory,
  CallRegistry,
  type CallStatusEvent,
  OnCallEvent,
  SHARING_STATUS,
  type SharingStatus,
  TwilioCallbacks,
  TwilioVoiceModule,
  type VoiceAgent,
} from '../src/index.js';
import { redisSharing, type RedisSharingOptions } from '../src/redis.js';
import {
  moduleTransport,
  seededRandom,
  SimulatedCall,
  type Transport,
  twilioSignature,
} from '../src/testing/index.js';
import { SystemClock } from '../src/call/system-clock.js';
import { CallOutcomes } from '../src/twilio/call-outcomes.js';
import { StreamTokens } from '../src/twilio/stream-token.js';
import { eventually, hasRedis, RedisServer, sleep } from './support/redis-server.js';

const URL = 'https://voice.example.com/voice';
const AUTH_TOKEN = '0123456789abcdef';
const COURSE = ['initiated', 'ringing', 'in-progress', 'completed'];
/** A missing callback is waited for one second. */
const GAP_MS = 1_000;

let calls = 0;
const newCall = () => `CA${(++calls).toString(16).padStart(32, '0')}`;

@Injectable()
class Listener {
  static made = 0;
  /** Tells one instance's from another one's. */
  readonly number = ++Listener.made;
  static heard: { readonly at: Listener; readonly event: CallbackEvent }[] = [];

  @OnCallEvent('call-status', 'stream-status', 'answered-by', 'recording-status', 'transfer')
  on(event: CallbackEvent): void {
    Listener.heard.push({ at: this, event });
  }

  static everywhere: { readonly at: Listener; readonly event: CallbackEvent }[] = [];

  @OnCallEvent('answered-by', { everywhere: true })
  onEvery(event: AnsweredByEvent): void {
    Listener.everywhere.push({ at: this, event });
  }

  /** What all instances' handlers were told of a call, in time. */
  static of(callSid: string): CallbackEvent[] {
    return Listener.heard.map(({ event }) => event).filter((event) => event.callSid === callSid);
  }
}

const quiet = () => undefined;

class Silent implements VoiceAgent {
  reply(): string {
    return '';
  }
}

/** One instance of the host, without a network to Twilio. */
class Instance {
  readonly transport: Transport;

  constructor(readonly module: TestingModule) {
    this.transport = moduleTransport(module);
  }

  static async boot(sharing?: RedisSharingOptions): Promise<Instance> {
    const providers = [Listener, ...(sharing === undefined ? [] : redisSharing(sharing))];
    const options = {
      agent: Silent,
      publicUrl: 'https://voice.example.com',
      authToken: AUTH_TOKEN,
      providers,
    };
    const module = await Test.createTestingModule({
      imports: [TwilioVoiceModule.forRoot({ ...options, drain: { graceMs: 0 } })],
    })
      .setLogger({ log: quiet, warn: quiet, error: quiet })
      .compile();
    await module.init();
    return new Instance(module);
  }

  get tokens() {
    return this.module.get(StreamTokens);
  }
  get outcomes() {
    return this.module.get(CallOutcomes);
  }
  get callbacks() {
    return this.module.get(TwilioCallbacks);
  }
  get directory() {
    return this.module.get<CallDirectory>(CALL_DIRECTORY);
  }

  async post(path: string, form: Record<string, string>, token?: string) {
    const url = `${URL}/${path}`;
    const headers = {
      'x-twilio-signature': twilioSignature(AUTH_TOKEN, url, form),
      ...(token === undefined ? {} : { 'i-twilio-idempotency-token': token }),
    };
    return this.transport.post(url, form, headers);
  }
}

const status = (callSid: string, sequence: number) => ({
  CallSid: callSid,
  CallStatus: COURSE[sequence] ?? '',
  SequenceNumber: String(sequence),
});
const statusesOf = (callSid: string) =>
  Listener.of(callSid).map((event) => (event.type === 'call-status' ? event.status : event.type));

/** Shuffles, repeats and loses status callbacks, each sent to any instance. @returns what came of it, in all ways */
async function shuffled(instances: readonly Instance[], ways: number, seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const any = () => instances[Math.floor(random() * instances.length)]!;
  const all = Array.from({ length: ways }, () => {
    const callSid = newCall();
    const delivered = [0, 1, 2].filter(() => random() < 0.8).concat(3);
    const posts = [...delivered, ...delivered.filter(() => random() < 0.5)]
      .map((sequence) => ({
        sequence,
        at: any(),
        order: random(),
        token: random() < 0.5,
        pauses: random() < 0.5,
      }))
      .sort((a, b) => a.order - b.order);
    return { callSid, posts };
  });
  const run = async ({ callSid, posts }: (typeof all)[number]) => {
    for (const { sequence, at, token, pauses } of posts) {
      const posted = at.post(
        'status',
        status(callSid, sequence),
        token ? `${callSid}-${sequence}` : undefined,
      );
      if (pauses) await sleep(30); // else the next one comes at the same time
      await posted;
    }
  };
  for (let begun = 0; begun < all.length; begun += 50)
    await Promise.all(all.slice(begun, begun + 50).map((way) => run(way)));
  await sleep(GAP_MS + 2_000);
  return all.map(({ callSid }) => {
    const states = instances.map(({ callbacks }) => callbacks.statusOf(callSid));
    return `${statusesOf(callSid).join(', ')}; ${[...new Set(states)].join()}`;
  });
}
const RIGHT = `${COURSE.join(', ')}; completed`;

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

/** Three instances; with a Redis, they share it. */
async function three(sharing?: RedisSharingOptions): Promise<[Instance, Instance, Instance]> {
  const booted = [await Instance.boot(sharing), await Instance.boot(sharing), await Instance.boot(sharing)];
  closing.push(async () => {
    await Promise.all(booted.map(({ module }) => module.close()));
  });
  return booted as [Instance, Instance, Instance];
}

describe('three instances that share nothing', () => {
  it('show that these tests can fail', async () => {
    const instances = await three();
    const results = await shuffled(instances, 20, 8);
    expect(results.filter((result) => result === RIGHT).length).toBeLessThan(10);
    const token = instances[0].tokens.mint('CA1');
    const redeemed = await Promise.all(instances.map(async ({ tokens }) => tokens.redeem(token, 'CA1')));
    expect(redeemed).toEqual(['ok', 'ok', 'ok']);
  });
});

(hasRedis ? describe : describe.skip)('three instances that share a Redis', () => {
  let server: RedisServer;
  let one: Instance, two: Instance, other: Instance;
  beforeAll(async () => {
    server = await RedisServer.start();
    closing.push(() => server.stop());
    [one, two, other] = await three({ url: server.url });
  });
  afterEach(() => {
    Listener.heard = [];
  });

  const at = ({ module }: Instance) => module.get(Listener);

  describe('callbacks', () => {
    it('shuffled, repeated and lost 300 ways tell each state once, in its order', async () => {
      const results = await shuffled([one, two, other], 300, 8);
      expect(results.filter((result) => result !== RIGHT)).toEqual([]);
    }, 60_000);

    it('that come to all instances at once are told once', async () => {
      const callSid = newCall();
      const toAll = (path: string, form: Record<string, string>, token?: string) =>
        Promise.all([one, two, other, one, two, other].map((each) => each.post(path, form, token)));
      await toAll('status', status(callSid, 0));
      await toAll('answered-by', { CallSid: callSid, AnsweredBy: 'human' });
      await toAll('transferred', { CallSid: callSid, QueueResult: 'bridged', QueueTime: '1' }, 'a');
      await one.post('transferred', { CallSid: callSid, QueueResult: 'bridged', QueueTime: '2' }, 'a');
      await sleep(300);
      expect(statusesOf(callSid).sort()).toEqual(['answered-by', 'initiated', 'transfer']);
      const everywhere = Listener.everywhere.filter(({ event }) => event.callSid === callSid);
      expect(new Set(everywhere.map((each) => each.at))).toEqual(new Set([one, two, other].map(at)));
      expect(everywhere).toHaveLength(3); // once on each
    });

    it('are told on the instance that the call is at, and to whoever listens to the call on another one', async () => {
      const callSid = newCall();
      const told: string[] = [];
      other.callbacks.of(callSid).subscribe({
        next: (event) => told.push(event.type === 'call-status' ? event.status : event.type),
        complete: () => told.push('complete'),
      });
      await two.directory.enter(callSid);
      for (const [sequence, each] of [one, other, two, one].entries())
        await each.post('status', status(callSid, sequence));
      await eventually('the end is told', () => told.includes('complete'));
      await sleep(50);
      expect(told).toEqual([...COURSE, 'complete']);
      expect(statusesOf(callSid)).toEqual(COURSE);
      expect(new Set(Listener.heard.map((heard) => heard.at))).toEqual(new Set([at(two)]));
      await two.directory.leave(callSid);
    });

    it('of a call whose instance is gone are told where they come to', async () => {
      const callSid = newCall();
      const dead = await Instance.boot({ url: server.url });
      await dead.directory.enter(callSid);
      await dead.module.close();
      await one.post('status', status(callSid, 0));
      await eventually('it is told', () => statusesOf(callSid).length > 0);
      expect(Listener.heard.map((heard) => heard.at)).toEqual([at(one)]);
    });

    it('behind a gap whose instance is gone are told with the next one', async () => {
      const callSid = newCall();
      const dying = await Instance.boot({ url: server.url });
      await dying.post('status', status(callSid, 1));
      await sleep(200);
      await dying.module.close();
      await sleep(GAP_MS);
      expect(statusesOf(callSid)).toEqual([]);
      await one.post('status', status(callSid, 2));
      await eventually('they are told', () => statusesOf(callSid).length > 0);
      expect(statusesOf(callSid)).toEqual(COURSE.slice(0, 3));
      expect(Listener.of(callSid).map((event) => (event as CallStatusEvent).inferred)).toEqual([
        true,
        false,
        false,
      ]);
    });
  });

  describe('a token', () => {
    it('opens one stream, whichever instances it is used on at the same time', async () => {
      for (let way = 0; way < 100; way++) {
        const callSid = newCall();
        const token = one.tokens.mint(callSid);
        const redeemed = await Promise.all(
          [one, two, other].map(async ({ tokens }) => tokens.redeem(token, callSid)),
        );
        expect(redeemed.sort()).toEqual(['ok', 'reused', 'reused']);
        const takenBack = [one, two, other].map(({ tokens }) => tokens.takeBack(token));
        expect(await Promise.all(takenBack)).toEqual([false, false, false]);
        expect(await two.tokens.redeem(token, callSid)).toBe('reused');
      }
    });

    it('is either taken back or opens a stream, whichever instances that is asked of at the same time', async () => {
      for (let way = 0; way < 100; way++) {
        const callSid = newCall();
        const token = one.tokens.mint(callSid);
        const [redeemed, ...takenBack] = await Promise.all([
          one.tokens.redeem(token, callSid),
          one.tokens.takeBack(token),
          two.tokens.takeBack(token),
        ]);
        expect([redeemed === 'ok', ...takenBack].filter(Boolean)).toHaveLength(1);
      }
    });

    it('of a webhook takes no call away from another instance, one of our own command does', async () => {
      const callSid = newCall();
      await two.directory.enter(callSid);
      const token = one.tokens.mint(callSid);
      expect(await one.tokens.redeem(token, callSid)).toBe('call-going-on');
      expect(await two.tokens.redeem(token, callSid)).toBe('ok'); // its own stream may have died
      expect(await one.tokens.redeem(one.tokens.mint(callSid, true), callSid)).toBe('ok');
      await two.directory.leave(callSid);
    });

    it('of a call that is over opens nothing, also on an instance that started later', async () => {
      const callSid = newCall();
      await one.post('status', status(callSid, 3));
      const later = await Instance.boot({ url: server.url });
      for (const { tokens } of [one, two, later])
        expect(await tokens.redeem(tokens.mint(callSid), callSid)).toBe('call-over');
      await later.module.close();
    });
  });

  it('any instance tells Twilio what comes next, once, and none waits for that in its shutdown', async () => {
    const callSid = newCall();
    await one.outcomes.record(callSid, 'completed');
    expect(one.outcomes.pending).toEqual([]);
    const next = async (at: Instance) => (await at.post('continue', { CallSid: callSid })).body;
    expect(await next(two)).toContain('<Hangup/>');
    expect(await next(two)).toContain('<Say'); // nobody knows: it apologises
    expect(await one.outcomes.take(callSid)).toBeUndefined();
  });

  it.each(['error', 'stopped', 'the call is over'] as const)(
    'a stream ends on its instance when another one is told: %s',
    async (how) => {
      const clock = new SystemClock();
      const transport = { ...two.transport, post: one.transport.post };
      const call = new SimulatedCall({ clock, transport, authToken: AUTH_TOKEN });
      call.dial(`${URL}/incoming`);
      const { callSid } = call;
      await eventually('it is there', () => two.module.get(CallRegistry).find(callSid) !== undefined);
      const ends: unknown[] = [];
      two.module
        .get(CallRegistry)
        .find(callSid)
        ?.events$.subscribe((event) => {
          if (event.type === 'ended') ends.push(event.reason);
        });
      await two.directory.enter(callSid);
      const form = { CallSid: callSid, StreamSid: call.streams[0]!.streamSid };
      if (how === 'the call is over') await other.post('status', status(callSid, 3));
      else await other.post('stream-status', { ...form, StreamEvent: `stream-${how}` });
      await eventually('the stream has ended', () => ends.length > 0, 5_000);
      expect(ends).toEqual([how === 'error' ? 'stream-error' : 'stop']);
      await two.directory.leave(callSid);
      call.hangUp();
    },
  );
});

(hasRedis ? describe : describe.skip)('a Redis that fails', () => {
  it.each(['accept', 'refuse'] as const)(
    'and is away: new streams are dealt with as the option says (%s), callbacks by each instance, and all is well afterwards',
    async (whenAway) => {
      const server = await RedisServer.start();
      closing.push(() => server.stop());
      const [one, two] = await three({ url: server.url, whenAway, commandTimeoutMs: 300 });
      const callSid = newCall();
      const token = one.tokens.mint(callSid);
      await one.post('status', status(callSid, 0));
      await eventually('it is told', () => statusesOf(callSid).length === 1);
      await server.kill();
      await eventually('that is known', () => !one.module.get<SharingStatus>(SHARING_STATUS).isUp);
      expect(await one.tokens.takeBack(token)).toBe(false); // for all it knows it was used
      const redeemed = [await one.tokens.redeem(token, callSid), await one.tokens.redeem(token, callSid)];
      expect(redeemed).toEqual(whenAway === 'accept' ? ['ok', 'reused'] : ['unavailable', 'unavailable']);
      await one.outcomes.record(callSid, 'drained');
      expect(one.outcomes.pending).toEqual([callSid]); // only it can answer
      await one.post('status', status(callSid, 1));
      await one.post('status', status(callSid, 1));
      await eventually('it is told', () => statusesOf(callSid).length === 2);
      await server.run();
      for (const { directory } of [one, two])
        await eventually('Redis is back', () =>
          directory.instances().then(
            () => true,
            () => false,
          ),
        );
      const body = async (at: Instance) => (await at.post('continue', { CallSid: callSid })).body;
      expect(await body(one)).toContain('<Say');
      await one.post('status', status(callSid, 2));
      await eventually('it is told', () => statusesOf(callSid).length === 3);
      await two.post('status', status(callSid, 3));
      await eventually('it is told', () => statusesOf(callSid).length === 4);
      await sleep(GAP_MS + 300);
      expect(statusesOf(callSid)).toEqual(COURSE);
    },
    30_000,
  );

  it('callbacks go on as they were after Redis has lost everything', async () => {
    const server = await RedisServer.start();
    closing.push(() => server.stop());
    const [one, two, other] = await three({ url: server.url });
    const callSid = newCall();
    await one.post('status', status(callSid, 0));
    await two.post('status', status(callSid, 1));
    await eventually('they are told', () => statusesOf(callSid).length === 2);
    await sleep(100);
    await server.cli('FLUSHALL');
    await other.post('status', status(callSid, 1));
    await other.post('status', status(callSid, 2));
    await one.post('status', status(callSid, 3));
    await eventually('the rest is told', () => statusesOf(callSid).length >= 4);
    await sleep(GAP_MS + 300);
    expect(statusesOf(callSid)).toEqual(COURSE);
  });
});
