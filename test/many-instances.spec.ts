import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { type SpokenRecord, VoiceHealth } from '../src/index.js';
import { RedisSharing } from '../src/redis.js';
import { BusUnavailableError, NoSuchCallError } from '../src/sharing/call-bus.js';
import { LiveCalls } from '../src/sharing/live-calls.js';
import { SHARING_STATUS, type SharingStatus } from '../src/sharing/sharing-status.js';
import { networkTransport, SimulatedCall } from '../src/testing/index.js';
import { DialGuard } from '../src/twilio/calls/dial-guard.js';
import { Balancer } from './support/balancer.js';
import { build } from './support/build.js';
import { HostProcess } from './support/host-processes.js';
import {
  AUTH_TOKEN,
  clock,
  type Instance,
  Instances,
  type InstancesOptions,
  tagOf,
} from './support/balanced-instances.js';
import { eventually, hasRedis, RedisServer, sleep } from './support/redis-server.js';

/** `npm run test:instances` makes 200. */
const CALLS = Number(process.env['INSTANCES_CALLS'] ?? 30);
const AT_ONCE = 30;
const PATIENCE_MS = 60_000;

const until = (what: string, isSo: () => boolean | Promise<boolean>) => eventually(what, isSo, PATIENCE_MS);
const wordsOf = (text: string) => text.match(/\S+/g) ?? [];
const texts = (spoken: readonly SpokenRecord[]) => spoken.map(({ heard }) => heard).join(' ');

(hasRedis ? describe : describe.skip)('three instances that share a Redis', () => {
  let server: RedisServer;
  let instances: Instances | undefined;

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(async () => {
    await server.stop();
  });

  beforeEach(async () => {
    await server.cli('FLUSHALL');
  });

  afterEach(async () => {
    server.thaw();
    await instances?.close();
    instances = undefined;
  }, PATIENCE_MS);

  const start = async (options: Partial<InstancesOptions> = {}): Promise<Instances> => {
    instances = await Instances.start({
      count: 3,
      redis: { url: server.url },
      ...options,
      settings: {
        drain: { graceMs: 10_000, goodbye: '' },
        ...options.settings,
        limits: { startTimeoutMs: PATIENCE_MS, ...options.settings?.limits }, // callers share this process
      },
    });
    return instances;
  };

  /** A call that is interrupted in its greeting, hears a reply to its end, and is hung up by the caller. */
  async function held(at: Instances): Promise<SimulatedCall> {
    await sleep(at.random() * 3_000);
    const call = at.dial();
    const isOver = () => call.endedBy !== undefined;
    await until('the greeting is heard', () => isOver() || wordsOf(at.heard(call)).length >= 2);
    await sleep(at.random() * 500);
    call.speak(600);
    await until('the reply is heard', () => isOver() || at.settled(call) === 2);
    call.hangUp();
    return call;
  }

  /** Calls in which the greeting is being heard, and that all instances know of. */
  async function begun(at: Instances, count: number): Promise<SimulatedCall[]> {
    const calls = Array.from({ length: count }, () => at.dial());
    for (const call of calls) await until('the greeting is heard', () => wordsOf(at.heard(call)).length >= 2);
    await allKnow(at, count);
    return calls;
  }

  const allKnow = (at: Instances, count: number) =>
    until(`all know of ${count} calls`, async () => {
      const counts = await Promise.all(
        at.live.map(({ app }) =>
          app
            .get(LiveCalls)
            .count()
            .catch(() => -1),
        ),
      );
      return counts.every((one) => one === count);
    });
  const from = (instance: Instance, { callSid }: SimulatedCall) => instance.app.get(LiveCalls).of(callSid);
  const isUp = ({ app }: Instance) => app.get<SharingStatus>(SHARING_STATUS, { strict: false }).isUp;

  async function allHeld(at: Instances): Promise<SimulatedCall[]> {
    const calls: SimulatedCall[] = [];
    while (calls.length < CALLS) {
      const some = Math.min(AT_ONCE, CALLS - calls.length);
      calls.push(...(await Promise.all(Array.from({ length: some }, () => held(at)))));
    }
    await until('all records are there', () => at.records.length >= calls.length);
    await sleep(300); // one too many would come now
    return calls;
  }

  /** What is to be the same, however many instances there are. */
  function factsOf(at: Instances, call: SimulatedCall) {
    const records = at.records.filter(({ callSid }) => callSid === call.callSid);
    const [greeting] = records[0]?.said ?? [];
    const answers = (records[0]?.turns ?? []).flatMap(({ answer }) => answer ?? []);
    const heard = wordsOf(at.heard(call));
    const told = wordsOf(`${greeting?.heard ?? ''} ${texts(answers)}`);
    return {
      records: records.length,
      ended: records[0]?.ended,
      interruptions: records[0]?.interruptions,
      greeting: greeting?.ended,
      replies: answers.map(({ ended, heard: words }) =>
        `${ended} ${words}`.replaceAll(tagOf(call.from), 'tag'),
      ),
      isOnlyForThem: heard.every((word) => word.startsWith(tagOf(call.from))),
      isHeardAsTold: Math.abs(heard.length - told.length) <= 2,
      clears: call.clears.length,
      faults: [...call.violations, ...call.eventsOf('error').map(({ detail }) => detail)],
      endedBy: call.endedBy,
    };
  }

  it('hold calls as one does, whichever of them a request reaches', async () => {
    const results: Set<string>[] = [];
    const redis = { url: server.url, commandTimeoutMs: 20_000 }; // a busy machine is no outage
    for (const count of [1, 3]) {
      const at = await start({ count, redis });
      const calls = await allHeld(at);
      results.push(new Set(calls.map((call) => JSON.stringify(factsOf(at, call)))));
      expect(at.all.flatMap(({ told }) => told.ended).sort()).toEqual(
        calls.map(({ callSid }) => callSid).sort(),
      );
      const [hooks, streams] = [at.balancer.of('/voice/incoming'), at.balancer.of('/voice/stream')];
      expect([hooks.length, streams.length]).toEqual([CALLS, CALLS]);
      expect([new Set(hooks).size, new Set(streams).size]).toEqual([count, count]);
      expect(at.all.flatMap(({ logs }) => logs)).toEqual([]);
      await at.close();
      instances = undefined;
    }
    const [one, three] = results;
    expect([...one!].map((facts) => JSON.parse(facts) as unknown)).toEqual([
      {
        records: 1,
        ended: 'stop',
        interruptions: 1,
        greeting: 'cut',
        replies: ['played tag_reply1 tag_reply2 tag_reply3.'],
        isOnlyForThem: true,
        isHeardAsTold: true,
        clears: 1,
        faults: [],
        endedBy: 'caller',
      },
    ]);
    expect(three).toEqual(one);
  }, 600_000);

  it('take a stream’s token once, on whichever of them it is tried', async () => {
    const at = await start();
    const first = at.dial();
    await first.connected;
    const [twiml = ''] = first.eventsOf('twiml').map(({ detail }) => detail);
    const parameters = Object.fromEntries(
      [...twiml.matchAll(/<Parameter name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        value!,
      ]),
    );
    expect(Object.keys(parameters)).not.toEqual([]);
    for (const instance of at.live) {
      at.only(instance);
      const replay = at.silent({ callSid: first.callSid, from: first.from });
      replay.connectStream(`${at.balancer.url.replace('http', 'ws')}/voice/stream`, parameters);
      await replay.ended;
    }
    at.only();
    expect(at.all.flatMap(({ served }) => served)).toEqual([first.callSid]);
    expect(first.endedBy).toBeUndefined();
    first.hangUp();
  }, 60_000);

  it('let in as many calls of a caller as may be, all together', async () => {
    const at = await start({ settings: { limits: { callsPerCaller: { most: 4 } } } });
    const calls = Array.from({ length: 12 }, () => at.dial({ from: '+15005550999' }));
    const outcomes = await Promise.all(
      calls.map((call) => Promise.race([call.connected.then(() => 'connected'), call.ended])),
    );
    expect(outcomes.filter((outcome) => outcome === 'connected')).toHaveLength(4);
    expect(new Set(at.balancer.of('/voice/incoming')).size).toBe(3);
    for (const call of calls) call.hangUp();
  }, 60_000);

  it('call as often as may be, all together', async () => {
    const outbound = { allowedPrefixes: ['+49'], callsPerNumber: { most: 2 }, calls: { most: 7 } };
    const at = await start({ settings: { outbound } });
    const asked = Array.from({ length: 30 }, (_, index) =>
      at
        .any()
        .app.get(DialGuard)
        .admit({ to: `+49301234${10 + (index % 5)}`, purpose: 'call', parameters: {} })
        .then(
          () => 'admitted',
          (error: unknown) => (error as { reason: string }).reason,
        ),
    );
    const results = await Promise.all(asked);
    expect(results.filter((result) => result === 'admitted')).toHaveLength(7);
    expect(
      results.filter((result) => !['admitted', 'too-many', 'too-many-to-number'].includes(result)),
    ).toEqual([]);
  }, 60_000);

  it('are told each callback of a call once, in order, whichever of them it reaches', async () => {
    const at = await start();
    const course = ['initiated', 'ringing', 'in-progress', 'completed'];
    const sids = Array.from({ length: 30 }, (_, index) => `CA${index.toString(16).padStart(32, '0')}`);
    const posts = sids.flatMap((callSid) =>
      [...course.keys(), ...course.keys()].map((sequence) => ({
        callSid,
        sequence,
        atMs: at.random() * 800,
      })),
    );
    const answers = await Promise.all(
      posts.map(async ({ callSid, sequence, atMs }) => {
        await sleep(atMs);
        const form = { CallSid: callSid, CallStatus: course[sequence]!, SequenceNumber: String(sequence) };
        return at.post('status', form, `${callSid}-${sequence}`);
      }),
    );
    expect(new Set(answers)).toEqual(new Set([204]));
    await until('all are told', () => at.statuses.length >= sids.length * course.length);
    await sleep(1_500); // one too many would come now
    const told = at.statuses.map(({ callSid, status }) => `${callSid} ${status}`);
    expect([...told].sort()).toEqual(
      sids.flatMap((sid) => course.map((status) => `${sid} ${status}`)).sort(),
    );
  }, 60_000);

  it('reach a call at whichever of them it is, and know of all calls', async () => {
    const at = await start();
    const calls = await begun(at, 9);
    await Promise.all(
      calls.map(async (call) => {
        const other = at.anyBut(at.ownerOf(call));
        await from(other, call).interrupt();
        await until('a clear comes', () => call.clears.length === 1);
        const spoken = await from(at.anyBut(at.ownerOf(call)), call).say('one two three');
        expect(spoken).toMatchObject({ ended: 'played', heardText: 'one two three' });
        await from(at.anyBut(at.ownerOf(call)), call).hangUp();
        expect(await call.ended).not.toBe('caller');
      }),
    );
    await allKnow(at, 0);
    expect(at.records.map(({ ended }) => ended)).toEqual(Array(9).fill('hung-up'));
    await expect(from(at.any(), calls[0]!).interrupt()).rejects.toBeInstanceOf(NoSuchCallError);
  }, 120_000);

  const faults: [string, () => unknown, () => unknown][] = [
    [
      'is killed, and started again',
      () => server.kill(),
      async () => {
        await sleep(1_000);
        await server.run();
      },
    ],
    [
      'is frozen for ten seconds',
      () => {
        server.freeze();
        return sleep(2_500);
      },
      async () => {
        await sleep(7_500);
        server.thaw();
      },
    ],
    ['is flushed', () => server.cli('FLUSHALL'), () => undefined],
  ];
  it.each(faults)(
    'go on with their calls when Redis %s',
    async (what, begin, end) => {
      const at = await start();
      const calls = await begun(at, 9);
      await begin();
      const isAway = what !== 'is flushed';
      if (isAway) {
        await until('all know that it is away', () => !at.live.some(isUp));
        const [call] = calls as [SimulatedCall];
        const stranger = from(at.anyBut(at.ownerOf(call)), call);
        await expect(stranger.interrupt()).rejects.toBeInstanceOf(BusUnavailableError);
      }
      for (const call of calls) call.speak(600);
      const late = at.dial();
      for (const call of calls) await until('the reply is heard', () => at.settled(call) === 2);
      await until('a new call is answered', () => wordsOf(at.heard(late)).length >= 2);
      await end();
      await until('it is back', () => at.live.every(isUp));
      await allKnow(at, 10);
      const spoken = await from(at.anyBut(at.ownerOf(late)), late).say('one two three');
      expect(spoken).toMatchObject({ ended: 'played', heardText: 'one two three' });
      for (const call of [...calls, late]) {
        expect([call.endedBy, call.violations, call.eventsOf('error')]).toEqual([undefined, [], []]);
        call.hangUp();
      }
      await allKnow(at, 0);
      await until('all records are there', () => at.records.length === 10);
      const facts = calls.map((call) => JSON.stringify(factsOf(at, call)));
      expect([...new Set(facts)].map((one) => JSON.parse(one) as unknown)).toMatchObject([
        { records: 1, ended: 'stop', interruptions: 1, greeting: 'cut', faults: [], clears: 1 },
      ]);
    },
    180_000,
  );

  it('refuse a new call while Redis is away, where that is wanted, and take one when it is back', async () => {
    const at = await start({ redis: { url: server.url, whenAway: 'refuse' } });
    await server.kill();
    await until('all know that it is away', () => !at.live.some(isUp));
    expect(await at.dial().ended).toBe('reject');
    expect(at.live.map(({ app }) => app.get(VoiceHealth).status.status)).toEqual(['down', 'down', 'down']);
    await server.run();
    await until('it is back', () => at.live.every(isUp));
    const call = at.dial();
    await call.connected;
    call.hangUp();
  }, 60_000);

  it('are replaced one after the other: no call is cut, no sentence is cut, no new call is refused', async () => {
    const at = await start();
    const before = at.live;
    const holding = Array.from({ length: 30 }, () => held(at));
    const restart = { isOver: false };
    const later = (async () => {
      const calls: Promise<SimulatedCall>[] = [];
      while (!restart.isOver) {
        calls.push(held(at));
        await sleep(400);
      }
      return Promise.all(calls);
    })();
    await sleep(2_000);
    for (const instance of before) {
      await at.startOne();
      await at.stopOne(instance);
    }
    restart.isOver = true;
    const calls = [...(await Promise.all(holding)), ...(await later)];
    expect(at.live.some((instance) => before.includes(instance))).toBe(false);
    for (const call of calls) {
      expect(['caller', 'hangup']).toContain(call.endedBy);
      expect([call.violations, call.eventsOf('error').map(({ detail }) => detail)]).toEqual([[], []]);
      expect(at.served(call)).toBe(1);
    }
    await until('all records are there', () => at.records.length >= calls.length);
    expect(at.records.map(({ callSid }) => callSid).sort()).toEqual(
      calls.map(({ callSid }) => callSid).sort(),
    );
    const endings = at.records.map(({ ended }) => ended);
    expect(endings.filter((ended) => ended !== 'stop' && ended !== 'drained')).toEqual([]);
    expect(endings).toContain('drained');
    // What the caller cuts, by speaking or by hanging up, is the caller's own.
    const cut = at.records.flatMap(({ said, turns, ended: end }) =>
      [...said, ...turns.flatMap(({ answer }) => answer ?? [])].filter(
        ({ ended, interruption, heard }) =>
          ended !== 'played' &&
          interruption?.by !== 'caller' &&
          !(end === 'stop' && ended === 'lost') &&
          !/(^|\.)$/.test(heard),
      ),
    );
    expect(cut).toEqual([]);
  }, 240_000);

  it('lose one to kill -9: its calls are told so by another, all others go on', async () => {
    const program = join(await build('instances'), 'main.js');
    const balancer = await Balancer.start(3);
    const directory = await RedisSharing.open({ url: server.url }, clock);
    const variables = { PUBLIC_URL: balancer.url, TWILIO_AUTH_TOKEN: AUTH_TOKEN, REDIS_URL: server.url };
    const hosts = await Promise.all([1, 2, 3].map(() => HostProcess.start(program, variables)));
    try {
      balancer.targets = hosts.map(({ port }) => port);
      expect(hosts.every(({ output }) => output.includes('shared with the other instances'))).toBe(true);
      const calls: { readonly call: SimulatedCall; readonly port: number }[] = [];
      while (new Set(calls.map(({ port }) => port)).size < 3 || calls.length < 6) {
        const call = new SimulatedCall({ clock, transport: networkTransport(), authToken: AUTH_TOKEN });
        call.dial(`${balancer.url}/voice/incoming`);
        await call.connected;
        calls.push({ call, port: balancer.of('/voice/stream').at(-1)! });
      }
      const listed = async () => (await directory.directory.list()).map(({ callSid }) => callSid).sort();
      const sidsOf = (some: typeof calls) => some.map(({ call }) => call.callSid).sort();
      await until('all are listed', async () => (await listed()).length === calls.length);
      const [victim] = hosts;
      const orphans = calls.filter(({ port }) => port === victim!.port);
      const others = calls.filter(({ port }) => port !== victim!.port);
      await victim!.kill();
      for (const { call } of orphans) {
        expect(await call.ended).toBe('hangup');
        expect(call.spoken).toEqual([expect.stringContaining('technical problem')]);
      }
      await until(
        'the directory forgets them',
        async () => String(await listed()) === String(sidsOf(others)),
      );
      for (const { call } of others) {
        expect([call.endedBy, call.eventsOf('error')]).toEqual([undefined, []]);
        const before = call.clears.length;
        // Where the agent was silent, that is a turn, and its long answer is interrupted next.
        for (let tries = 0; tries < 8 && call.clears.length === before; tries++) {
          call.speak(700);
          await sleep(4_000);
        }
        expect(call.clears.length).toBeGreaterThan(before);
      }
      const late = new SimulatedCall({ clock, transport: networkTransport(), authToken: AUTH_TOKEN });
      late.dial(`${balancer.url}/voice/incoming`);
      await late.connected;
      for (const { call } of [...others, { call: late }]) call.hangUp();
      await until('none is listed', async () => (await listed()).length === 0);
    } finally {
      await Promise.all(hosts.map((host) => host.kill()));
      await directory.close();
      await balancer.close();
    }
  }, 240_000);
});
