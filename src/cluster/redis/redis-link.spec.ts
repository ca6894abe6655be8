import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../testing/virtual-clock.js';
import type { RedisClient } from './ioredis.js';
import { RedisLink } from './redis-link.js';

const answers = {
  'an answer': () => Promise.resolve('OK'),
  'an error': () => Promise.reject(Object.assign(new Error('OOM'), { name: 'ReplyError' })),
};

describe('a Redis that has not answered in time', () => {
  it.each(Object.entries(answers))('is there again with %s that comes late', async (_, answer) => {
    const clock = new VirtualClock();
    const client = Object.assign(new EventEmitter(), { status: 'ready' }) as unknown as RedisClient;
    const limits = { commandTimeoutMs: 300, maxPending: 10 };
    const link = new RedisLink(client, clock, limits, () => undefined);
    let comes: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (comes = resolve));
    const asked = expect(link.run(() => late.then(answer))).rejects.toMatchObject({ mayBeDone: true });
    await clock.advance(300);
    await asked;
    expect(link.isUp).toBe(false);
    comes();
    await clock.advance(0);
    expect(link.isUp).toBe(true); // or else nothing is asked any more, and no connection found to be dead
  });
});
