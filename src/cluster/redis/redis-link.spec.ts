import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../call/clock.js';
import { SystemClock } from '../../call/system-clock.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import type { RedisClient } from './ioredis.js';
import { RedisLink } from './redis-link.js';

const answers = {
  'an answer': () => Promise.resolve('OK'),
  'an error': () => Promise.reject(Object.assign(new Error('OOM'), { name: 'ReplyError' })),
};

const linkOf = (clock: Clock) => {
  const client = Object.assign(new EventEmitter(), { status: 'ready' }) as unknown as RedisClient;
  return new RedisLink(client, clock, { commandTimeoutMs: 300, maxPending: 10 }, () => undefined);
};

it('a process that was held up for longer than a Redis may take reads the answer that has come meanwhile', async () => {
  const link = linkOf(new SystemClock());
  await new Promise((resolve) => setImmediate(resolve)); // timers are next
  const asked = link.run(() => new Promise((resolve) => setImmediate(resolve, 'OK'))); // read behind the timers
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  expect([await asked, link.isUp]).toEqual(['OK', true]);
});

describe('a Redis that has not answered in time', () => {
  it.each(Object.entries(answers))('is there again with %s that comes late', async (_, answer) => {
    const clock = new VirtualClock();
    const link = linkOf(clock);
    let comes: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (comes = resolve));
    const asked = expect(link.run(() => late.then(answer))).rejects.toMatchObject({ mayBeDone: true });
    await clock.advance(299);
    expect(link.isUp).toBe(true);
    await clock.advance(1);
    await asked;
    expect(link.isUp).toBe(false);
    comes();
    await clock.advance(0);
    expect(link.isUp).toBe(true); // or else nothing is asked any more, and no connection found to be dead
  });
});
