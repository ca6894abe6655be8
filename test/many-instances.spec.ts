import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SpokenRecord } from '../src/index.js';
import type { SimulatedCall } from '../src/testing/index.js';
import { DialGuard } from '../src/twilio/calls/dial-guard.js';
import { Instances, type InstancesOptions, tagOf } from './support/instances.js';
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
      settings: { drain: { graceMs: 10_000, goodbye: '' }, ...options.settings },
    });
    return instances;
  };

  /** A call that is interrupted in its greeting, hears a reply to its end, and is hung up by the caller. */
  async function held(at: Instances): Promise<SimulatedCall> {
    await sleep(at.random() * 3_000);
    const call = at.dial();
    await call.connected;
    const heard = () => wordsOf(at.heard(call));
    await until('the greeting is heard', () => heard().length >= 2);
    await sleep(at.random() * 500);
    call.speak(600);
    await until('the reply is heard', () => at.settled(call) === 2);
    call.hangUp();
    return call;
  }

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
    for (const count of [1, 3]) {
      const at = await start({ count });
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
        replies: ['played tag_reply1 tag_reply2 tag_reply3'],
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
});
