import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SystemClock } from '../src/call/system-clock.js';
import { RedisSharing } from '../src/cluster/redis/redis-sharing.js';
import { type AskOptions, type CallBus, NoSuchCallError } from '../src/sharing/call-bus.js';
import type { CallCommand } from '../src/sharing/call-commands.js';
import { callKey } from '../src/sharing/shared-store.js';
import { eventually, hasRedis, RedisServer } from './support/redis-server.js';

const CALLS = Array.from({ length: 12 }, (_, index) => `CA${String(index).padStart(32, '0')}`);

/** The answer to a command, whatever it is. */
const answerOf = (
  { bus }: { bus: CallBus },
  callSid: string,
  command: CallCommand,
  options?: AskOptions,
): Promise<unknown> => bus.ask(callSid, command, options);

(hasRedis ? describe : describe.skip)('instances that share a Redis Cluster of three nodes', () => {
  const clock = new SystemClock();
  const nodes: RedisServer[] = [];
  const instances: RedisSharing[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    for (let node = 0; node < 3; node++)
      nodes.push(await RedisServer.start('--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'));
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
    for (const node of nodes)
      await eventually('the cluster is whole', async () =>
        (await node.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      );
    const startup = nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    for (let each = 0; each < 2; each++)
      instances.push(
        await RedisSharing.open(
          { cluster: { nodes: startup }, heartbeat: { everyMs: 500, expiresMs: 15_000 }, startMs: 15_000 },
          clock,
        ),
      );
  }, 60_000);

  afterAll(async () => {
    for (const instance of instances) await instance.close();
    for (const node of nodes) await node.stop();
  });

  it('reach calls, values and the directory on whatever node they are', async () => {
    const [one, two] = instances as [RedisSharing, RedisSharing];
    expect(two.connection.isUp).toBe(true);
    const stops = CALLS.map((callSid) =>
      one.bus.serve(callSid, { execute: ({ type }) => `${callSid} ${type}` }),
    );
    for (const callSid of CALLS) {
      await one.directory.enter(callSid);
      await eventually('it is served', async () => {
        try {
          return await two.bus.tell(callSid, { type: 'hello' });
        } catch {
          return false; // known to the directory, not subscribed to yet
        }
      });
      expect(await answerOf(two, callSid, { type: 'interrupt' })).toBe(`${callSid} interrupt`);
      const key = callKey(callSid, 'token');
      expect([await one.store.add(key, 5_000), await two.store.add(key, 5_000)]).toEqual([true, false]);
      await two.store.update(callKey(callSid, 'n'), 5_000, () => ({ value: '1', result: 0 }));
      expect(await one.store.take(callKey(callSid, 'n'))).toBe('1');
    }
    expect((await two.directory.list()).map(({ callSid }) => callSid).sort()).toEqual(CALLS);
    const spread = await Promise.all(nodes.map((node) => node.cli('PUBSUB', 'SHARDCHANNELS', '*:bus')));
    expect(spread.every((channels) => channels !== '')).toBe(true);

    stops[0]?.();
    await one.directory.leave(CALLS[0]!);
    await eventually('it is no longer served', async () => !(await two.bus.tell(CALLS[0]!, { type: 'x' })));
    await expect(two.bus.ask(CALLS[0]!, { type: 'interrupt' })).rejects.toThrow(NoSuchCallError);
    const heard: unknown[] = [];
    one.bus.broadcast$.subscribe((event) => heard.push(event));
    await two.bus.broadcast({ type: 'news' });
    await eventually('the broadcast is heard', () => heard.length === 1);
  });
});
