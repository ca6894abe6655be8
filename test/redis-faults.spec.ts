import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { CLOCK } from '../src/call/clock.js';
import { SystemClock } from '../src/call/system-clock.js';
import { RedisSharing } from '../src/cluster/redis/redis-sharing.js';
import {
  type AskOptions,
  BusUnavailableError,
  CALL_BUS,
  type CallBus,
  DeadlineError,
} from '../src/sharing/call-bus.js';
import type { CallCommand } from '../src/sharing/call-commands.js';
import { CALL_DIRECTORY, type CallDirectory } from '../src/sharing/call-directory.js';
import { SHARED_STORE, type SharedStore } from '../src/sharing/shared-store.js';
import { SharingUnavailableError } from '../src/sharing/sharing-errors.js';
import { SHARING_STATUS, type SharingStatus } from '../src/sharing/sharing-status.js';
import { redisSharing, type RedisSharingOptions } from '../src/redis.js';
import { DeafProxy } from './support/deaf-proxy.js';
import { eventually, hasRedis, RedisServer, sleep } from './support/redis-server.js';

const clock = new SystemClock();
const CALL = `CA${'7'.repeat(32)}`;
const CHANNEL = `voice:{${CALL}}:bus`;
const HEARTBEAT = { everyMs: 200, expiresMs: 600 };
/** How much is "at once" on a machine that is busy, ms. */
const AT_ONCE_MS = 300;

const logged: { level: string; text: string }[] = [];
const note = (level: string) => (message: unknown) => logged.push({ level, text: String(message) });
const logger = { log: note('log'), error: note('error'), warn: note('warn') };
const aboutRedis = () => logged.filter(({ text }) => text.startsWith('Redis '));

const rejections: unknown[] = [];
const noteRejection = (error: unknown) => rejections.push(error);

/** The answer to a command, whatever it is. */
const answerOf = (
  { bus }: { bus: CallBus },
  callSid: string,
  command: CallCommand,
  options?: AskOptions,
): Promise<unknown> => bus.ask(callSid, command, options);

async function timed(task: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const before = performance.now();
  const error = await task.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, ms: performance.now() - before };
}

(hasRedis ? describe : describe.skip)('what instances share through a real Redis', () => {
  let server: RedisServer;
  let instances: RedisSharing[];

  const open = async (options: Partial<RedisSharingOptions> = {}): Promise<RedisSharing> => {
    const instance = await RedisSharing.open(
      { url: server.url, heartbeat: HEARTBEAT, commandTimeoutMs: 400, ...options },
      clock,
    );
    instances.push(instance);
    return instance;
  };
  const allUp = () =>
    eventually('all instances are up', () => instances.every(({ connection }) => connection.isUp));
  /** The owner of the call, another instance, and what was executed. */
  const served = async () => {
    const [owner, other] = [await open(), await open()];
    const executed: string[] = [];
    owner.bus.serve(CALL, {
      execute: (command) => {
        executed.push(command.type === 'say' ? command.text : command.type);
        return command.type;
      },
    });
    await owner.directory.enter(CALL, { from: 'somebody' });
    await eventually('the call is served', () => other.bus.tell(CALL, { type: 'hello' }));
    return { owner, other, executed };
  };

  beforeAll(() => {
    Logger.overrideLogger(logger);
    process.on('unhandledRejection', noteRejection);
  });

  beforeEach(async () => {
    instances = [];
    logged.length = 0;
    server = await RedisServer.start();
  });

  afterEach(async () => {
    server.thaw();
    await Promise.all(instances.map((instance) => instance.close()));
    await server.stop();
    expect(rejections).toEqual([]);
  });

  afterAll(() => {
    process.off('unhandledRejection', noteRejection);
    Logger.overrideLogger(false);
  });

  it('a Redis that is killed fails at once what needs it, and only that', async () => {
    const { owner, other, executed } = await served();
    owner.bus.serve('CA-slow', { execute: () => new Promise(() => undefined) });
    await eventually('it is served', () => other.bus.tell('CA-slow', { type: 'x' }));
    const pending = timed(other.bus.ask('CA-slow', { type: 'hangUp' }));
    await sleep(50);
    await server.kill();
    expect((await pending).error).toMatchObject({ name: 'BusUnavailableError', mayBeDone: true });
    await eventually('both know', () => !owner.connection.isUp && !other.connection.isUp);

    executed.length = 0;
    expect(await answerOf(owner, CALL, { type: 'interrupt' })).toBe('interrupt');
    expect(await owner.bus.tell(CALL, { type: 'x' })).toBe(true);
    expect(await owner.directory.find(CALL)).toMatchObject({ callSid: CALL });
    expect(executed).toEqual(['interrupt']);

    for (const failing of [
      () => other.bus.ask(CALL, { type: 'interrupt' }),
      () => other.bus.tell(CALL, { type: 'x' }),
      () => other.bus.broadcast({ type: 'x' }),
      () => other.store.add('k', 1_000),
      () => other.store.update('k', 1_000, () => ({ value: 'x', result: 1 })),
      () => other.directory.list(),
      () => other.directory.find(CALL),
    ]) {
      const { error, ms } = await timed(failing());
      expect(error).toBeInstanceOf(SharingUnavailableError);
      expect(error).toMatchObject({ mayBeDone: false });
      expect(ms).toBeLessThan(AT_ONCE_MS);
    }
    await other.directory.enter('CA-later'); // neither rejects nor hangs
  });

  it('after a restart everything is as before, and no call was ever said not to exist', async () => {
    const { owner, other } = await served();
    await server.kill();
    await owner.directory.enter('CA-meanwhile');
    owner.bus.serve('CA-meanwhile', { execute: () => 'here' });
    const until = { stop: false };
    const seen = new Set<string>();
    const asking = (async () => {
      while (!until.stop) {
        for (const callSid of [CALL, 'CA-meanwhile'])
          seen.add(
            await other.bus.ask(callSid, { type: 'interrupt' }, { deadlineMs: 5_000 }).then(
              () => 'answered',
              (error: unknown) => (error as Error).name,
            ),
          );
        await sleep(5);
      }
    })();
    await sleep(700);
    await server.run();
    await allUp();
    await eventually('the directory is whole', async () => (await other.directory.count()) === 2);
    await eventually('it is answered', () => seen.has('answered'));
    until.stop = true;
    await asking;
    expect([...seen].sort()).toEqual(['BusUnavailableError', 'answered']);
    expect(await answerOf(other, 'CA-meanwhile', { type: 'interrupt' })).toBe('here');
    expect(await other.store.add('k', 1_000)).toBe(true);
  });

  it('keeps an answer that it cannot send until it can', async () => {
    const { owner, other } = await served();
    let answer: (value: unknown) => void = () => undefined;
    owner.bus.serve('CA-slow', { execute: () => new Promise((resolve) => (answer = resolve)) });
    await eventually('it is served', () => other.bus.tell('CA-slow', { type: 'x' }));
    const asked = answerOf(other, 'CA-slow', { type: 'hangUp' });
    await sleep(100);
    await server.cli(
      'CLIENT',
      'KILL',
      'ID',
      String(await owner.connection.link.run((client) => client.call('CLIENT', 'ID'))),
    );
    await eventually('the owner knows', () => !owner.connection.isUp);
    answer('at last');
    expect(await asked).toBe('at last');
  });

  it('tells once of an outage, and once of its end', async () => {
    const only = await open();
    await server.kill();
    await eventually('it knows', () => !only.connection.isUp);
    await sleep(2_500); // several attempts
    await server.run();
    await allUp();
    await sleep(300);
    expect(aboutRedis()).toEqual([
      { level: 'error', text: expect.stringMatching(/^Redis is away: .*new calls: accept/) },
      { level: 'log', text: expect.stringMatching(/^Redis is back after \d/) },
    ]);
  });

  it('executes nothing late that was asked of a frozen Redis', async () => {
    const { owner, other, executed } = await served();
    server.freeze();
    const first = await timed(other.bus.ask(CALL, { type: 'say', text: 'stale' }, { deadlineMs: 1_500 }));
    expect(first.error).toMatchObject({ name: 'BusUnavailableError', mayBeDone: true });
    const second = await timed(other.bus.ask(CALL, { type: 'say', text: 'refused' }));
    expect(second.error).toBeInstanceOf(BusUnavailableError);
    expect(second.ms).toBeLessThan(AT_ONCE_MS);
    await sleep(3_000);
    server.thaw();
    await allUp();
    expect(await answerOf(other, CALL, { type: 'say', text: 'fresh' })).toBe('say');
    await sleep(300);
    expect(executed).toEqual(['fresh']);
    for (const { bus, connection } of [owner, other]) {
      expect(bus.pending).toBe(0);
      await eventually('no command is under way', () => connection.link.underWay === 0);
    }
  });

  it('goes on after a freeze that was shorter than anybody noticed', async () => {
    const { other, executed } = await served();
    server.freeze();
    const asked = answerOf(other, CALL, { type: 'interrupt' });
    await sleep(150);
    server.thaw();
    expect(await asked).toBe('interrupt');
    expect(executed).toEqual(['interrupt']);
    expect(aboutRedis()).toEqual([]);
  });

  it('serves on through FLUSHALL, and fills the directory again', async () => {
    const { owner, other } = await served();
    await server.cli('FLUSHALL');
    expect(await answerOf(other, CALL, { type: 'interrupt' })).toBe('interrupt');
    await eventually(
      'the call is listed',
      async () => (await other.directory.find(CALL)) !== undefined,
      5_000,
    );
    expect((await other.directory.list()).map(({ callSid }) => callSid)).toEqual([CALL]);
    expect(await other.directory.instances()).toContain(owner.directory.instance);
  });

  it('corrects what Redis believes of its calls and is not so, and lets nothing stay for ever', async () => {
    const { owner, other } = await served();
    const ghost = JSON.stringify({ since: 0, facts: {} });
    await server.cli('HSET', `voice:{${owner.directory.instance}}:calls`, 'CA-ghost', ghost);
    expect(await other.directory.count()).toBe(2);
    await eventually('only what is so is listed', async () => (await other.directory.count()) === 1);
    expect(await other.directory.find(CALL)).toMatchObject({ facts: { from: 'somebody' } });

    const rare = await open({ heartbeat: { everyMs: 30_000, expiresMs: 60_000 } });
    await rare.directory.enter('CA-rare');
    await rare.store.put('k', 'v', 60_000);
    await rare.store.add('a', 60_000);
    await rare.store.update('u', 60_000, () => ({ value: 'v', result: 0 }));
    for (const key of (await server.cli('KEYS', 'voice:*')).split('\n'))
      expect(Number(await server.cli('PTTL', key))).toBeGreaterThan(0);
  });

  it.each(['nonsense', 'null', '7', '[]', '{"since":"x","facts":null}'])(
    'finds and lists a call that is entered as %s, and all others',
    async (text) => {
      const [owner, other] = [
        await open({ heartbeat: { everyMs: 30_000, expiresMs: 60_000 } }),
        await open(),
      ];
      await owner.directory.enter('CA-odd');
      await owner.directory.enter('CA-other');
      await server.cli('HSET', `voice:{${owner.directory.instance}}:calls`, 'CA-odd', text);
      const odd = { callSid: 'CA-odd', instance: owner.directory.instance, since: 0, facts: {} };
      expect(await other.directory.find('CA-odd')).toEqual(odd);
      expect((await other.directory.list()).map(({ callSid }) => callSid).sort()).toEqual([
        'CA-odd',
        'CA-other',
      ]);
    },
  );

  it('loses the calls of an instance that died, and no others, when its heartbeat expires', async () => {
    const { owner, other } = await served();
    const third = await open();
    await third.directory.enter('CA-third');
    owner.directory.stop();
    owner.connection.link.close();
    owner.connection.messages.close();
    const died = performance.now();
    // It may be about to come back: not yet "no such call".
    await eventually('Redis knows', async () =>
      (await server.cli('PUBSUB', 'NUMSUB', CHANNEL)).endsWith('0'),
    );
    const early = await timed(other.bus.ask(CALL, { type: 'interrupt' }));
    expect(early.error).toMatchObject({ name: 'BusUnavailableError', mayBeDone: false });
    await eventually('its call is gone', async () => (await other.directory.find(CALL)) === undefined);
    expect(performance.now() - died).toBeLessThan(HEARTBEAT.expiresMs + 1_500);
    expect(await other.directory.count()).toBe(1);
    await sleep(HEARTBEAT.expiresMs);
    expect((await other.directory.list()).map(({ callSid }) => callSid)).toEqual(['CA-third']);
    expect(await other.directory.instances()).not.toContain(owner.directory.instance);
    const late = await timed(other.bus.ask(CALL, { type: 'interrupt' }));
    expect(late.error).toMatchObject({ name: 'NoSuchCallError' });
  });

  it('removes the calls of an instance that stops at once, and leaves nothing behind', async () => {
    const { owner, other } = await served();
    await owner.close();
    expect(await other.directory.list()).toEqual([]);
    await other.close();
    expect(await server.cli('KEYS', '*')).toBe('');
    expect((await server.cli('CLIENT', 'LIST')).split('\n')).toHaveLength(1); // redis-cli itself
  });

  it('executes a repeated message once, and answers it again', async () => {
    const { other, executed } = await served();
    const raw = new Redis(server.url);
    const spy = new Redis(server.url);
    try {
      const messages: string[] = [];
      spy.on('message', (_, message: string) => messages.push(message));
      await spy.subscribe(CHANNEL);
      const text = 'once';
      expect(await answerOf(other, CALL, { type: 'say', text })).toBe('say');
      const asked = messages.find((message) => message.includes(text))!;
      await Promise.all([1, 2, 3].map(() => raw.publish(CHANNEL, asked)));
      const expired = JSON.stringify({ ...JSON.parse(asked), id: 'x:1', expires: Date.now() - 1_000 });
      await raw.publish(CHANNEL, expired);
      for (const garbage of [
        '',
        '{',
        'null',
        '[]',
        '{"kind":"ask"}',
        '{"kind":"ask","command":{"type":"rm"}}',
      ])
        await raw.publish(CHANNEL, garbage);
      expect(await answerOf(other, CALL, { type: 'interrupt' })).toBe('interrupt');
      expect(executed).toEqual([text, 'interrupt']);
      expect(logged.filter(({ text: line }) => line.includes('not understood'))).toHaveLength(1);
    } finally {
      raw.disconnect();
      spy.disconnect();
    }
  });

  it('hears again when its connection for messages is cut', async () => {
    const { other } = await served();
    await server.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const isAnswered = () =>
      other.bus.ask(CALL, { type: 'interrupt' }, { deadlineMs: 500 }).then(
        () => true,
        () => false,
      );
    await eventually('it is answered', isAnswered);
  });

  it('makes a new connection for messages when nothing comes by the old one any more', async () => {
    const proxy = await DeafProxy.before(server.port);
    try {
      const [owner, other] = [await open(), await open({ url: proxy.url })];
      owner.bus.serve(CALL, { execute: () => 'heard' });
      await eventually('the call is served', () => other.bus.tell(CALL, { type: 'x' }));
      expect(await answerOf(other, CALL, { type: 'interrupt' })).toBe('heard');
      proxy.deafen();
      const { error } = await timed(other.bus.ask(CALL, { type: 'interrupt' }, { deadlineMs: 300 }));
      expect(error).toBeInstanceOf(DeadlineError);
      const isAnswered = async () =>
        (await timed(other.bus.ask(CALL, { type: 'interrupt' }, { deadlineMs: 300 }))).error === undefined;
      await eventually('it is answered', isAnswered);
    } finally {
      await proxy.close();
    }
  });

  it('what is told fast, as audio is, all comes where few commands may be pending', async () => {
    const [owner, other] = [await open({ maxPending: 1 }), await open()];
    const told: unknown[] = [];
    owner.bus.serve(CALL, { execute: () => undefined, told: ({ place }) => told.push(place) });
    await allUp();
    await eventually('it is served', () => other.bus.tell(CALL, { type: 'note', place: -1 }));
    const places = Array.from({ length: 60 }, (_, place) => place);
    for (const place of places) await other.bus.tell(CALL, { type: 'note', place }, { lastsMs: 2_000 });
    await eventually('the last one', () => told.includes(59));
    expect(told.filter((place) => place !== -1)).toEqual(places);
  });

  it('refuses more than may be pending, and is free again at their deadline', async () => {
    const owner = await open();
    const other = await open({ maxPending: 5 });
    owner.bus.serve(CALL, { execute: () => new Promise(() => undefined) });
    await eventually('the call is served', () => other.bus.tell(CALL, { type: 'x' }));
    const asked = Array.from({ length: 8 }, () =>
      timed(other.bus.ask(CALL, { type: 'interrupt' }, { deadlineMs: 400 })),
    );
    const errors = (await Promise.all(asked)).map(({ error }) => (error as Error).name).sort();
    expect(errors).toEqual([
      ...Array<string>(3).fill('BusUnavailableError'),
      ...Array<string>(5).fill('DeadlineError'),
    ]);
    expect(other.bus.pending).toBe(0);
    const after = await timed(other.bus.ask(CALL, { type: 'interrupt' }, { deadlineMs: 100 }));
    expect(after.error).toBeInstanceOf(DeadlineError);
  });

  it.each([
    ['accept', true],
    ['refuse', false],
  ] as const)(
    'starts without Redis, with whenAway %s, and finds it later',
    async (whenAway, acceptsCalls) => {
      await server.kill();
      const only = await open({ whenAway, startMs: 300 });
      expect(only.connection.isUp).toBe(false);
      expect(only.connection.acceptsCalls).toBe(acceptsCalls);
      expect(aboutRedis()).toEqual([{ level: 'error', text: expect.stringContaining('ECONNREFUSED') }]);
      await server.run();
      await allUp();
      expect(only.connection.acceptsCalls).toBe(true);
      expect(await only.store.add('k', 1_000)).toBe(true);
    },
  );

  it('names a wrong password without telling it', async () => {
    await server.cli('CONFIG', 'SET', 'requirepass', 'right');
    const only = await open({ url: `redis://:hunter2@127.0.0.1:${server.port}`, startMs: 500 });
    expect(only.connection.isUp).toBe(false);
    expect(aboutRedis()[0]!.text).toMatch(/WRONGPASS|NOAUTH/);
    expect(JSON.stringify(logged)).not.toContain('hunter2');
  });

  it('keeps applications with another prefix apart', async () => {
    const { other } = await served();
    const foreign = await open({ keyPrefix: 'shop:' });
    await other.store.put('k', 'ours', 5_000);
    expect(await foreign.store.get('k')).toBeUndefined();
    expect(await foreign.directory.list()).toEqual([]);
    expect((await timed(foreign.bus.ask(CALL, { type: 'interrupt' }))).error).toMatchObject({
      name: 'NoSuchCallError',
    });
  });

  it("takes over the settings of the host's client, and leaves it alone", async () => {
    const client = new Redis(server.url, { keyPrefix: 'host:' });
    try {
      const only = await open({ url: undefined, client });
      await only.store.put('k', 'v', 5_000);
      expect(await server.cli('GET', 'voice:k')).toBe('v');
      await only.close();
      expect(await client.ping()).toBe('PONG');
    } finally {
      client.disconnect();
    }
  });

  it('serves a Nest application, and closes its connections with it', async () => {
    const app = await Test.createTestingModule({
      // A machine that is busy is no outage: whether a call is there would not be known behind one.
      providers: [
        { provide: CLOCK, useValue: clock },
        ...redisSharing({ url: server.url, commandTimeoutMs: 20_000 }),
      ],
    }).compile();
    await app.init();
    expect(await app.get<SharedStore>(SHARED_STORE).add('k', 1_000)).toBe(true);
    expect(await app.get<CallDirectory>(CALL_DIRECTORY).count()).toBe(0);
    expect(app.get<SharingStatus>(SHARING_STATUS).isUp).toBe(true);
    expect(await app.get<CallBus>(CALL_BUS).tell(CALL, { type: 'x' })).toBe(false);
    await app.close();
    expect((await server.cli('CLIENT', 'LIST')).split('\n')).toHaveLength(1);
  });
});
