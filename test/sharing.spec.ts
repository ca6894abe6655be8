import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { InterruptedError } from '../src/call/interrupted-error.js';
import { SystemClock } from '../src/call/system-clock.js';
import { RedisSharing } from '../src/cluster/redis/redis-sharing.js';
import {
  type AskOptions,
  type BusEvent,
  type CallBus,
  type CallOwner,
  DeadlineError,
  NoSuchCallError,
} from '../src/sharing/call-bus.js';
import type { CallCommand } from '../src/sharing/call-commands.js';
import type { CallDirectory } from '../src/sharing/call-directory.js';
import { LocalCallBus } from '../src/sharing/local-call-bus.js';
import { MemoryDirectory } from '../src/sharing/memory-directory.js';
import { MemoryStore } from '../src/sharing/memory-store.js';
import { callKey, type SharedStore } from '../src/sharing/shared-store.js';
import { eventually, hasRedis, RedisServer, sleep } from './support/redis-server.js';
import { SharedMemory } from './support/shared-memory/shared-memory.js';

interface Instance {
  readonly store: SharedStore;
  readonly directory: CallDirectory;
  readonly bus: CallBus;
}

const clock = new SystemClock();
const closing: (() => Promise<void>)[] = [];

const engines = [
  {
    engine: 'memory',
    isHere: true,
    isMeasured: true,
    open: (): Promise<Instance[]> => {
      const only = {
        store: new MemoryStore(clock),
        directory: new MemoryDirectory(clock),
        bus: new LocalCallBus(clock),
      };
      return Promise.resolve([only, only, only]);
    },
  },
  {
    engine: 'memory with latency',
    isHere: true,
    isMeasured: false, // how long it takes is what it was made for
    open: (): Promise<Instance[]> => {
      const memory = new SharedMemory(clock);
      return Promise.resolve([1, 2, 3].map(() => memory.instance()));
    },
  },
  {
    engine: 'Redis',
    isHere: hasRedis,
    isMeasured: true,
    open: async (): Promise<Instance[]> => {
      const server = await RedisServer.start();
      const instances = await Promise.all([1, 2, 3].map(() => RedisSharing.open({ url: server.url }, clock)));
      closing.push(async () => {
        await Promise.all(instances.map((instance) => instance.close()));
        await server.stop();
      });
      return instances;
    },
  },
];

/** The answer to a command, whatever it is. */
const answerOf = (
  { bus }: { bus: CallBus },
  callSid: string,
  command: CallCommand,
  options?: AskOptions,
): Promise<unknown> => bus.ask(callSid, command, options);

let calls = 0;
const newCall = () => `CA${String(++calls).padStart(32, '0')}`;

beforeAll(() => {
  Logger.overrideLogger(false);
});

afterAll(async () => {
  for (const close of closing) await close();
});

for (const { engine, isHere, isMeasured, open } of engines)
  (isHere ? describe : describe.skip)(`three instances on ${engine}`, () => {
    let one: Instance, two: Instance, three: Instance;

    beforeAll(async () => {
      [one, two, three] = (await open()) as [Instance, Instance, Instance];
    });

    const measured = isMeasured ? it : it.skip;

    describe('the store', () => {
      it('adds a key once, whichever instance comes first', async () => {
        const key = callKey(newCall(), 'token');
        const added = await Promise.all(
          Array.from({ length: 30 }, (_, index) => [one, two, three][index % 3]!.store.add(key, 5_000)),
        );
        expect(added.filter(Boolean)).toHaveLength(1);
        expect(await two.store.add(key, 5_000)).toBe(false);
      });

      it('forgets what has expired', async () => {
        const [added, put] = [callKey(newCall(), 'a'), callKey(newCall(), 'b')];
        await one.store.add(added, 60);
        await one.store.put(put, 'x', 60);
        await one.store.add(added, 60_000); // refused, so it lengthens nothing
        await sleep(90);
        expect(await two.store.add(added, 1_000)).toBe(true);
        expect(await two.store.get(put)).toBeUndefined();
      });

      it('hands a value out once', async () => {
        const key = callKey(newCall(), 'outcome');
        await one.store.put(key, 'drained', 5_000);
        expect(await three.store.get(key)).toBe('drained');
        const taken = await Promise.all([one, two, three].map(({ store }) => store.take(key)));
        expect(taken.filter((value) => value !== undefined)).toEqual(['drained']);
        expect(await one.store.take(key)).toBeUndefined();
      });

      it('loses no change of many at the same time', async () => {
        const key = callKey(newCall(), 'count');
        const results = await Promise.all(
          Array.from({ length: 150 }, (_, index) =>
            [one, two, three][index % 3]!.store.update(key, 5_000, (old) => {
              const next = Number(old ?? '0') + 1;
              return { value: String(next), result: next };
            }),
          ),
        );
        expect(await one.store.get(key)).toBe('150');
        expect(new Set(results).size).toBe(150);
      });

      it('lets a ceiling be passed by nobody', async () => {
        const key = 'outbound';
        const admitted = await Promise.all(
          Array.from({ length: 60 }, (_, index) =>
            [one, two, three][index % 3]!.store.update(key, 5_000, (old) => {
              const count = Number(old ?? '0');
              return count < 20 ? { value: String(count + 1), result: true } : { value: old, result: false };
            }),
          ),
        );
        expect(admitted.filter(Boolean)).toHaveLength(20);
      });

      it('keeps the expiry of a value that is not changed, deletes what becomes undefined', async () => {
        const key = callKey(newCall(), 'x');
        await one.store.put(key, 'v', 80);
        await one.store.update(key, 60_000, (old) => ({ value: old, result: undefined }));
        await sleep(110);
        expect(await one.store.get(key)).toBeUndefined();
        await one.store.put(key, '', 5_000);
        expect(await two.store.update(key, 5_000, (old) => ({ value: undefined, result: old }))).toBe('');
        expect(await one.store.get(key)).toBeUndefined();
      });

      it('rejects with what the change throws, and goes on', async () => {
        const key = callKey(newCall(), 'x');
        const failing = one.store.update(key, 5_000, () => {
          throw new RangeError('no');
        });
        await expect(failing).rejects.toThrow(RangeError);
        expect(await one.store.update(key, 5_000, () => ({ value: 'a', result: 1 }))).toBe(1);
      });
    });

    describe('the directory', () => {
      it('finds, lists and counts the calls of all, until they leave', async () => {
        const [a, b] = [newCall(), newCall()];
        const before = await three.directory.count();
        await one.directory.enter(a, { from: '+4930123456', answered: true, turns: 0 });
        await two.directory.enter(b);
        expect(await three.directory.find(a)).toMatchObject({
          callSid: a,
          instance: one.directory.instance,
          facts: { from: '+4930123456', answered: true, turns: 0 },
        });
        expect(Math.abs((await three.directory.find(b))!.since - Date.now())).toBeLessThan(5_000);
        const listed = (await three.directory.list()).map(({ callSid }) => callSid);
        expect(listed).toEqual(expect.arrayContaining([a, b]));
        expect(await three.directory.count()).toBe(before + 2);
        await one.directory.leave(a);
        await two.directory.leave(b);
        expect(await three.directory.find(a)).toBeUndefined();
        expect(await one.directory.count()).toBe(before);
      });
    });

    describe('the bus', () => {
      const done: CallCommand[] = [];
      const told: BusEvent[] = [];
      const owner = (execute: CallOwner['execute']): CallOwner => ({
        execute: (command) => {
          done.push(command);
          return execute(command);
        },
        told: (event) => {
          told.push(event);
        },
      });
      /** Serves a call, and waits until all can reach it. */
      const served = async (by: Instance, execute: CallOwner['execute']) => {
        const callSid = newCall();
        told.length = 0;
        const stop = by.bus.serve(callSid, owner(execute));
        await eventually('it is served', () => three.bus.tell(callSid, { type: 'hello' }));
        await eventually('it was told', () => told.length > 0);
        done.length = told.length = 0;
        return { callSid, stop };
      };

      const commands: CallCommand[] = [
        { type: 'say', text: 'Grüße, „Welt“ \u0000 🙂', voice: { elevenlabs: { model: 'm' } } },
        { type: 'speakAs', voice: {} },
        { type: 'interrupt' },
        { type: 'hangUp' },
        { type: 'transfer', to: 'sales' },
        { type: 'transfer', to: { to: '+4930123456', ringSeconds: 20 } },
        { type: 'sendDigits', keys: '1w2#' },
      ];

      it.each(commands)('carries $type as it is, and its answer back', async (command) => {
        const { callSid, stop } = await served(one, (given) => ({ heardText: given.type, list: [1, null] }));
        const answer = await answerOf(two, callSid, command);
        expect(done).toEqual([command]);
        expect(answer).toEqual({ heardText: command.type, list: [1, null] });
        stop();
      });

      it('answers at once that there is no such call', async () => {
        const { callSid, stop } = await served(one, () => undefined);
        stop();
        stop();
        await eventually('nobody serves it', async () => !(await two.bus.tell(callSid, { type: 'x' })));
        const before = performance.now();
        await expect(two.bus.ask(callSid, { type: 'interrupt' })).rejects.toThrow(NoSuchCallError);
        await expect(one.bus.ask('CA-never', { type: 'interrupt' })).rejects.toMatchObject({
          name: 'NoSuchCallError',
          callSid: 'CA-never',
        });
        expect(performance.now() - before).toBeLessThan(1_000);
      });

      it('carries the name, message and code of an error', async () => {
        const { callSid, stop } = await served(one, () => {
          throw Object.assign(new Error('Twilio said no.'), { name: 'TwilioCallError', code: 21220 });
        });
        await expect(two.bus.ask(callSid, { type: 'hangUp' })).rejects.toMatchObject({
          name: 'TwilioCallError',
          message: 'Twilio said no.',
          code: 21220,
        });
        stop();
      });

      it('carries an interruption as what it is', async () => {
        const { callSid, stop } = await served(one, () =>
          Promise.reject(new InterruptedError('the caller spoke')),
        );
        await expect(two.bus.ask(callSid, { type: 'transfer', to: 'sales' })).rejects.toThrow(
          InterruptedError,
        );
        stop();
      });

      it('gives up at the deadline, and ignores a late answer', async () => {
        let answer: (value: unknown) => void = () => undefined;
        const { callSid, stop } = await served(one, () => new Promise((resolve) => (answer = resolve)));
        const asked = two.bus.ask(callSid, { type: 'hangUp' }, { deadlineMs: 150 });
        await expect(asked).rejects.toThrow(DeadlineError);
        expect(done).toHaveLength(1);
        answer('late');
        await sleep(20);
        expect((two.bus as unknown as { pending: number }).pending).toBe(0);
        stop();
      });

      it('tells the owner once, and whether there is one', async () => {
        const { callSid, stop } = await served(one, () => undefined);
        expect(await two.bus.tell(callSid, { type: 'call-status', status: 'completed' })).toBe(true);
        await eventually('it was told', () => told.length > 0);
        expect(told).toEqual([{ type: 'call-status', status: 'completed' }]);
        expect(await two.bus.tell('CA-never', { type: 'x' })).toBe(false);
        stop();
      });

      it('tells everybody once', async () => {
        const heard: BusEvent[] = [];
        const all = [...new Set([one, two, three])];
        const subscriptions = all.map(({ bus }) => bus.broadcast$.subscribe((event) => heard.push(event)));
        await two.bus.broadcast({ type: 'news', n: 1 });
        await eventually('all have heard it', () => heard.length >= all.length);
        await sleep(20);
        expect(heard).toEqual(all.map(() => ({ type: 'news', n: 1 })));
        for (const subscription of subscriptions) subscription.unsubscribe();
      });

      it('lets the latest to serve a call serve it, and tells the former', async () => {
        const callSid = newCall();
        let displaced = 0;
        const former: CallOwner = { execute: () => 'former', displaced: () => displaced++ };
        const stopFormer = one.bus.serve(callSid, former);
        await eventually('it is served', () => two.bus.tell(callSid, { type: 'x' }));
        const stop = two.bus.serve(callSid, { execute: () => 'latter' });
        await eventually('the former knows', () => displaced === 1);
        stopFormer(); // it is no longer its to stop
        const answers: unknown[] = await Promise.all(
          [one, two, three].map(({ bus }) => bus.ask(callSid, { type: 'interrupt' })),
        );
        expect(answers).toEqual(['latter', 'latter', 'latter']);
        stop();
      });

      it('executes a thousand commands at once, each once', async () => {
        const counted = new Map<string, number>();
        const { callSid, stop } = await served(one, (command) => {
          const { text } = command as { text: string };
          counted.set(text, (counted.get(text) ?? 0) + 1);
          return text;
        });
        const asked = Array.from({ length: 1_000 }, (_, index) =>
          [two, three][index % 2]!.bus.ask(callSid, { type: 'say', text: String(index) }),
        );
        const answers: unknown[] = await Promise.all(asked);
        expect(answers).toEqual(answers.map((_, index) => String(index)));
        expect([...counted.values()].every((times) => times === 1)).toBe(true);
        expect(counted.size).toBe(1_000);
        stop();
      });

      measured('is quick', async () => {
        const { callSid, stop } = await served(one, () => undefined);
        const took: number[] = [];
        for (let each = 0; each < 1_000; each++) {
          const before = performance.now();
          await two.bus.ask(callSid, { type: 'interrupt' });
          took.push(performance.now() - before);
        }
        took.sort((a, b) => a - b);
        const [p50, p99] = [took[500]!, took[990]!];
        process.stdout.write(`ask on ${engine}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms\n`);
        expect(p50).toBeLessThan(100);
        stop();
      });

      measured('is quick at a thousand commands a second', async () => {
        const { callSid, stop } = await served(one, () => undefined);
        const asked: Promise<number>[] = [];
        const start = performance.now();
        while (asked.length < 2_000) {
          while (asked.length < performance.now() - start) {
            const before = performance.now();
            const { bus } = [two, three][asked.length % 2]!;
            asked.push(bus.ask(callSid, { type: 'interrupt' }).then(() => performance.now() - before));
          }
          await sleep(1);
        }
        const took = (await Promise.all(asked)).sort((a, b) => a - b);
        const [p50, p99] = [took[1_000]!, took[1_980]!];
        process.stdout.write(
          `1,000 a second on ${engine}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms\n`,
        );
        expect(p50).toBeLessThan(100);
        stop();
      });
    });
  });
