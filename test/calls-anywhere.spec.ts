import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  BusUnavailableError,
  CALL_BUS,
  CALL_RECORDS,
  type CallBus,
  CallRecordings,
  type CallRecord,
  CallRegistry,
  DeadlineError,
  InterruptedError,
  LiveCalls,
  NoSuchCallError,
  NotAnnouncedError,
  SharingUnavailableError,
  TWILIO_CLIENT,
  TwilioCallsService,
  VoiceHealth,
  VoiceMetrics,
} from '../src/index.js';
import { prometheusText } from '../src/prometheus.js';
import { RedisSharing } from '../src/redis.js';
import { ScriptedAgent, type SimulatedCall } from '../src/testing/index.js';
import { StreamRelay } from '../src/call/relay/stream-relay.js';
import { CallTidings, type CallTiding } from '../src/sharing/call-tidings.js';
import { clock, EmbeddingHost } from './support/embedding-host.js';
import { balanced, bootInstance, dialled, type Instance } from './support/instances.js';
import { LocalTwilio } from './support/local-twilio.js';
import { eventually, hasRedis, RedisServer, sleep } from './support/redis-server.js';

/** 300 ms a word. */
const LONG = 'word '.repeat(60);
const NOBODY = `CA${'0'.repeat(32)}`;
const isLoud = (byte: number) => (byte & 0x7f) < 0x60;

(hasRedis ? describe : describe.skip)('A call at one of three instances', () => {
  let redis: RedisServer;
  let twilio: LocalTwilio;
  let one: Instance, two: Instance, three: Instance;
  const records: CallRecord[] = [];
  const calls: SimulatedCall[] = [];
  const closing: Instance[] = [];

  const boot = async (greeting = LONG, whenAway: 'accept' | 'refuse' = 'accept', graceMs = 0) => {
    const agent = new ScriptedAgent(clock, ['An answer.'], { greeting });
    const heartbeat = { everyMs: 200, expiresMs: 1_000 };
    const instance = await bootInstance({ url: redis.url, heartbeat, whenAway }, agent, {
      transfers: { desk: { to: '+4930999' } },
      drain: { graceMs, goodbye: 'Goodbye.' },
      providers: [
        { provide: TWILIO_CLIENT, useValue: twilio.client },
        { provide: CALL_RECORDS, useValue: { store: (record: CallRecord) => void records.push(record) } },
      ],
    });
    closing.push(instance);
    return instance;
  };

  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await RedisServer.start();
    twilio = await LocalTwilio.start();
    twilio.startedAt = clock.epoch();
    [one, two, three] = [await boot(), await boot(), await boot()];
  }, 60_000);

  afterEach(async () => {
    for (const call of calls.splice(0)) call.hangUp();
    await eventually('no call is left', async () => (await live(two).count()) === 0);
  });

  afterAll(async () => {
    for (const { host } of closing) await host.app.close();
    twilio.close();
    await redis.stop();
  }, 60_000);

  const live = (at: Instance) => at.get(LiveCalls);

  /** A call whose stream is at that instance, and in the directory; others get the webhooks. */
  async function callAt(instance: Instance): Promise<SimulatedCall> {
    const call = dialled(balanced((what) => (what === 'stream' ? instance : two)));
    calls.push(call);
    twilio.carries(call);
    await call.connected;
    await eventually('it is in the directory', async () => {
      return (await live(two).find(call.callSid)) !== undefined;
    });
    return call;
  }

  const hears = (call: SimulatedCall) =>
    eventually('the agent is heard', () => [...call.heardBytes()].some(isLoud));
  const recordsOf = ({ callSid }: SimulatedCall) => records.filter((record) => record.callSid === callSid);

  it('is found, listed and counted by all, without a telephone number', async () => {
    const [first, second] = [await callAt(one), await callAt(three)];
    for (const at of [one, two, three]) {
      expect(await live(at).count()).toBe(2);
      const listed = await live(at).list();
      expect(listed.map(({ callSid }) => callSid).sort()).toEqual([first.callSid, second.callSid].sort());
      expect(new Set(listed.map(({ instance }) => instance)).size).toBe(2);
      expect(JSON.stringify(listed)).not.toContain(first.from.slice(1));
    }
    const found = await live(two).find(first.callSid);
    expect(found).toMatchObject({ callSid: first.callSid, direction: 'inbound', agent: 'ScriptedAgent' });
    expect(Math.abs((found?.startedAt ?? 0) - clock.epoch())).toBeLessThan(30_000);
    expect(await live(two).find(NOBODY)).toBeUndefined();
    expect(two.get(CallRegistry).find(first.callSid)).toBeUndefined();
    expect(one.get(CallRegistry).find(first.callSid)?.callSid).toBe(first.callSid);
  });

  it('is interrupted from another one, and tells what was heard of what another one says', async () => {
    const call = await callAt(one);
    await hears(call);
    const handle = live(two).of(call.callSid);
    await handle.interrupt();
    await eventually('a clear', () => call.clearsSent.length === 1);
    await handle.speakAs({ voice: 'anna' });
    const saying = handle.say('This is said from elsewhere, and it is long enough to be cut.');
    await sleep(900);
    await live(three).of(call.callSid).interrupt();
    const outcome = await saying;
    expect(outcome.ended).toBe('cut');
    expect(outcome.heardMs).toBeGreaterThan(0);
    expect(outcome.unheardText).toMatch(/cut\.$/);
    expect((await handle.say('Short.')).ended).toBe('played');
    expect(two.get(VoiceMetrics).snapshot()).toMatchObject({ sharing: 'up' });
    expect(prometheusText(two.get(VoiceMetrics).snapshot())).toContain('twilio_voice_sharing_up 1\n');
    expect(prometheusText(two.get(VoiceMetrics).snapshot())).toMatch(
      /twilio_voice_commands_total\{outcome="done"\} [1-9]/,
    );
  });

  it('is hung up from another one once what is being said was heard', async () => {
    const call = await callAt(three);
    await live(one).of(call.callSid).interrupt();
    const said = live(one).of(call.callSid).say('One two three.');
    await live(one).of(call.callSid).hangUp();
    expect((await said).ended).toBe('played');
    await call.ended;
    await eventually('its record', () => recordsOf(call).length === 1);
    expect(recordsOf(call)).toMatchObject([{ ended: 'hung-up' }]);
  });

  it('is transferred from another one by its owner, once what is being said was heard', async () => {
    const call = await callAt(one);
    await live(two).of(call.callSid).interrupt();
    const said = live(three).of(call.callSid).say('One two three four.');
    await sleep(200);
    await two.get(TwilioCallsService).transfer(call.callSid, 'desk');
    expect((await said).ended).toBe('played');
    expect(twilio.requests.filter(({ form }) => form['Twiml']?.includes('+4930999'))).toHaveLength(1);
    await eventually('its record', () => recordsOf(call).length === 1);
    expect(recordsOf(call)).toMatchObject([{ ended: 'transferred' }]);
  });

  it('has its keys pressed from another one, and goes on with the same conversation', async () => {
    const call = await callAt(one);
    await live(two).of(call.callSid).interrupt();
    const before = one.agent.calls.length;
    await two.get(TwilioCallsService).sendDigits(call.callSid, '1#');
    expect(call.streams).toHaveLength(2);
    expect(one.agent.calls.length).toBe(before);
    expect(await live(three).count()).toBe(1);
    expect((await live(three).of(call.callSid).say('Still here.')).ended).toBe('played');
  });

  it('is recorded from another one once the caller has heard so there', async () => {
    const call = await callAt(one);
    const started = two.get(CallRecordings).start(call.callSid, { announcement: 'This is recorded.' });
    await sleep(700);
    await live(three).of(call.callSid).interrupt(); // cuts the greeting and what waits behind it
    await expect(started).rejects.toThrow(NotAnnouncedError);
    const heard = two.get(CallRecordings).start(call.callSid, { announcement: 'This is recorded.' });
    expect(await heard).toMatch(/^CA/); // the simulated API gives every resource such a sid
    const unknown = two.get(CallRecordings).start(NOBODY, { announcement: 'This is recorded.' });
    await expect(unknown).rejects.toThrow('the call has no stream');
  });

  it('refuses from afar what it refuses at home, with the same errors', async () => {
    const call = await callAt(one);
    await hears(call);
    const handle = live(two).of(call.callSid);
    await expect(handle.transfer('nobody')).rejects.toMatchObject({ message: /no target of that name/ });
    await expect(handle.sendDigits('x')).rejects.toThrow(/sendDigits: /);
    await expect(handle.say(Promise.resolve('x') as never)).rejects.toThrow(TypeError);
    await expect(live(two).of(call.callSid, { deadlineMs: 50 }).say('Too late.')).rejects.toThrow(
      DeadlineError,
    );
    expect(() => live(two).of(call.callSid, { deadlineMs: 0 })).toThrow(/deadlineMs/);
    await handle.interrupt();
    const talk = handle.say(LONG);
    await sleep(500);
    const transferring = handle.transfer('desk');
    call.speak(1_500);
    await expect(transferring).rejects.toThrow(InterruptedError);
    await talk;
    await handle.interrupt();
    twilio.refusals.push({ status: 400, code: 21_205 });
    await expect(two.get(TwilioCallsService).transfer(call.callSid, 'desk')).rejects.toMatchObject({
      name: 'TwilioCallError',
      problem: 'refused',
      code: 21_205,
      status: 400,
    });
    expect(call.endedBy).toBeUndefined();
  });

  it('that there is not is none at once', async () => {
    const from = clock.now();
    await expect(live(two).of(NOBODY).interrupt()).rejects.toThrow(NoSuchCallError);
    expect(clock.now() - from).toBeLessThan(2_000);
    // Whoever has no stream of ours is left to Twilio.
    twilio.requests.length = 0;
    await two.get(TwilioCallsService).sendDigits(NOBODY, '1');
    expect(twilio.requests.map(({ path }) => path)).toEqual([expect.stringContaining(NOBODY)]);
  });

  it('is told what it is to hear, once', async () => {
    const call = await callAt(three);
    const told: CallTiding[] = [];
    const heard = three
      .get(CallTidings)
      .of('note')
      .subscribe((tiding) => told.push(tiding));
    const bus = one.get<CallBus>(CALL_BUS);
    expect(await bus.tell(call.callSid, { type: 'note', text: 'x' })).toBe(true);
    expect(await bus.tell(call.callSid, { type: 'another' })).toBe(true);
    await eventually('it is told', () => told.length > 0);
    expect(told).toEqual([{ callSid: call.callSid, event: { type: 'note', text: 'x' } }]);
    heard.unsubscribe();
  });

  /** A call of `one` whose second stream comes to `three`, which hands it on. */
  async function handedOn(owner = one, socket = three): Promise<SimulatedCall> {
    const landing = [owner, socket];
    const call = dialled(balanced((what) => (what === 'stream' ? (landing.shift() ?? socket) : two)));
    calls.push(call);
    twilio.carries(call);
    await call.connected;
    await hears(call);
    const handle = live(two).of(call.callSid);
    await handle.interrupt();
    await handle.sendDigits('1');
    expect(call.streams).toHaveLength(2);
    expect([owner.get(StreamRelay).size, socket.get(StreamRelay).size]).toEqual([1, 1]);
    return call;
  }

  it('whose next stream comes to another one goes on with its conversation, as on one instance', async () => {
    const metBefore = three.agent.calls.length;
    const call = await handedOn();
    expect(three.get(CallRegistry).size).toBe(0);
    expect(one.get(CallRegistry).find(call.callSid)?.streamSid).toBe(call.streams[1]!.streamSid);
    expect((await live(three).of(call.callSid).say('Here again.')).ended).toBe('played');
    // What the caller says and presses there is heard here.
    const digits: string[] = [];
    one
      .get(CallRegistry)
      .find(call.callSid)
      ?.events$.subscribe((event) => event.type === 'digit' && digits.push(event.digit));
    const saying = live(two).of(call.callSid).say(LONG);
    await sleep(500);
    call.dtmf('7');
    call.speak(900);
    expect((await saying).ended).toBe('cut');
    await eventually('a clear', () => call.clearsSent.length === 2);
    await eventually('an answer', () =>
      one.agent.turns.some(({ call: { callSid } }) => callSid === call.callSid),
    );
    expect([digits, call.violations]).toEqual([['7'], []]);
    call.hangUp();
    await eventually('the record', () => recordsOf(call).length === 1);
    await sleep(300);
    expect(recordsOf(call)).toMatchObject([{ ended: 'stop' }]);
    expect(three.agent.calls).toHaveLength(metBefore);
    expect([one.get(StreamRelay).size, three.get(StreamRelay).size]).toEqual([0, 0]);
  });

  it('that is handed on can have its keys pressed again, and comes home', async () => {
    const landing = [one, three, one];
    const call = dialled(balanced((what) => (what === 'stream' ? (landing.shift() ?? one) : two)));
    calls.push(call);
    twilio.carries(call);
    await call.connected;
    await hears(call);
    const handle = live(two).of(call.callSid);
    for (const streams of [2, 3]) {
      await handle.interrupt();
      await handle.sendDigits('1');
      expect(call.streams).toHaveLength(streams);
    }
    expect([one.get(StreamRelay).size, three.get(StreamRelay).size]).toEqual([0, 0]);
    expect((await handle.say('Home again.')).ended).toBe('played');
    await handle.hangUp();
    expect(await call.ended).not.toBe('caller');
    await eventually('the record', () => recordsOf(call).length === 1);
  });

  it('that is handed on ends as a stream error when Twilio tells any of them', async () => {
    const call = await handedOn();
    call.streamError();
    await eventually('the record', () => recordsOf(call).length === 1, 2_000);
    expect(recordsOf(call)).toMatchObject([{ ended: 'stream-error' }]);
    await eventually('nothing is left', () => one.get(StreamRelay).size + three.get(StreamRelay).size === 0);
  });

  it('that is handed on hears its sentence to the end, and goodbye, from an instance that drains', async () => {
    const four = await boot(LONG, 'accept', 20_000);
    const call = await handedOn(one, four);
    const saying = live(two).of(call.callSid).say('One two three four five six.');
    await sleep(600);
    const closed = four.host.app.close();
    expect((await saying).ended).toBe('played');
    expect([await call.ended, call.spoken]).toEqual(['api', []]);
    await closed;
    await eventually('the record', () => recordsOf(call).length === 1);
    expect(recordsOf(call)).toMatchObject([{ ended: 'drained' }]);
    expect(recordsOf(call)[0]?.said.map(({ ended }) => ended)).toEqual(['cut', 'played', 'played']);
    expect(one.get(StreamRelay).size).toBe(0);
  });

  it.each([
    ['with the call', 'one'],
    ['with the socket', 'other'],
  ])('that is handed on is told so, and ended, when the instance %s loses Redis', async (_, which) => {
    const [four, five] = [await boot(), await boot()];
    const call = await handedOn(four, five);
    await (which === 'one' ? four : five).get(RedisSharing).connection.close();
    expect(await call.ended).toBe('hangup');
    expect(call.spoken).toEqual([expect.stringContaining('technical problem')]);
    await eventually('it is over here', () => four.get(CallRegistry).size === 0);
    await eventually('nothing is left', () => four.get(StreamRelay).size + five.get(StreamRelay).size === 0);
    await eventually('the record', () => recordsOf(call).length === 1);
    // That with the socket cannot tell: Twilio's end of the call may come first.
    const reasons = which === 'one' ? ['socket-closed'] : ['socket-closed', 'stop'];
    expect(reasons).toContain(recordsOf(call)[0]?.ended);
    await Promise.all([four, five].map(({ host }) => host.app.close()));
  });

  it('obeys others while its instance drains, and is in no list as soon as it is over', async () => {
    const four = await boot(LONG, 'accept', 20_000);
    const [call, first] = [await callAt(four), await callAt(four)];
    await hears(call);
    const closed = four.host.app.close();
    await sleep(300);
    expect(four.get(VoiceHealth).status.reason).toBe('draining');
    expect(await live(two).count()).toBe(2);
    first.hangUp();
    await eventually('one entry', async () => (await live(two).count()) === 1, 1_000);
    await live(two).of(call.callSid).interrupt();
    await eventually('a clear', () => call.clearsSent.length === 1);
    await call.ended;
    await closed;
    expect(await live(two).count()).toBe(0);
    expect(await two.get(RedisSharing).directory.instances()).toHaveLength(3);
    expect(recordsOf(call)).toMatchObject([{ ended: 'drained' }]);
  });

  it('vanishes with its instance that dies; the others are left as they were', async () => {
    const four = await boot();
    const [lost, kept] = [await callAt(four), await callAt(one)];
    // As `kill -9` looks from outside: no heartbeat, no goodbye.
    const { directory, connection } = four.get(RedisSharing);
    directory.stop();
    await connection.close();
    await eventually(
      'it has vanished',
      async () => (await live(two).find(lost.callSid)) === undefined,
      2_500,
    );
    await expect(live(two).of(lost.callSid).interrupt()).rejects.toThrow(NoSuchCallError);
    expect((await live(two).list()).map(({ callSid }) => callSid)).toEqual([kept.callSid]);
    await live(two).of(kept.callSid).interrupt();
  });

  describe('while Redis is away', () => {
    it('is reached by its own instance, not by others, and readiness says what new calls meet', async () => {
      const refusing = await boot(LONG, 'refuse');
      const call = await callAt(one);
      await hears(call);
      expect(refusing.get(VoiceHealth).status).toMatchObject({ status: 'up', sharing: 'up' });
      await redis.kill();
      await eventually('they know', () =>
        [one, two, refusing].every((at) => at.get(VoiceHealth).status.sharing === 'down'),
      );
      expect(one.get(VoiceHealth).status).toMatchObject({ status: 'up', sharing: 'down' });
      expect(refusing.get(VoiceHealth).status).toMatchObject({ status: 'down', reason: 'sharing' });
      expect(prometheusText(two.get(VoiceMetrics).snapshot())).toContain('twilio_voice_sharing_up 0\n');
      await live(one).of(call.callSid).interrupt();
      await expect(live(two).of(call.callSid).interrupt()).rejects.toThrow(BusUnavailableError);
      const pressing = two.get(TwilioCallsService).sendDigits(call.callSid, '1');
      await expect(pressing).rejects.toThrow(BusUnavailableError);
      await expect(live(two).list()).rejects.toThrow(SharingUnavailableError);
      expect((await live(one).find(call.callSid))?.callSid).toBe(call.callSid);
      expect(two.get(VoiceMetrics).snapshot().commands).toMatchObject({ unavailable: 2 });
      await redis.run();
      await eventually('it is reached again', () =>
        live(two)
          .of(call.callSid)
          .interrupt()
          .then(
            () => true,
            () => false,
          ),
      );
      expect(call.endedBy).toBeUndefined();
      await eventually('it is up', () => refusing.get(VoiceHealth).status.status === 'up');
    });
  });
});

describe('One process alone', () => {
  it('has the same commands for its own calls, and no word of sharing', async () => {
    const host = await EmbeddingHost.boot({ install: true });
    const get = host.app.get.bind(host.app);
    const calls = get(LiveCalls, { strict: false });
    const call = host.call();
    await eventually('it is in the list', async () => (await calls.count()) === 1);
    expect(await calls.list()).toMatchObject([{ callSid: call.callSid, direction: 'inbound' }]);
    await calls.of(call.callSid).interrupt();
    expect((await calls.of(call.callSid).say('Here.')).ended).toBe('played');
    await expect(calls.of(NOBODY).hangUp()).rejects.toThrow(NoSuchCallError);
    expect(get(VoiceHealth, { strict: false }).status).not.toHaveProperty('sharing');
    const snapshot = get(VoiceMetrics, { strict: false }).snapshot();
    expect(snapshot).toMatchObject({ sharing: 'alone', commands: { done: 2, 'no-such-call': 1 } });
    expect(prometheusText(snapshot)).not.toContain('sharing_up 1');
    call.hangUp();
    await eventually('it is in no list', async () => (await calls.count()) === 0);
    await host.app.close();
  });
});
