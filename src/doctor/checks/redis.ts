import type { RedisSharing } from '../../redis.js';
import { type Check, failed, type Finding, ok, skipped, warning } from '../check.js';
import type { DoctorContext } from '../context.js';
import { isInstalled } from '../vendor-answer.js';

/** Longest wait that its client takes, ms. */
const MOST_MS = 60_000;

/** Whether the Redis that instances share can be reached, and keeps what it is given. */
export const redis: Check<DoctorContext> = {
  name: 'redis',
  needs: [],
  reads: ['REDIS_URL'],
  async run({ settings, timeoutMs, clock }): Promise<Finding> {
    const { REDIS_URL: url } = settings.environment;
    if (url === undefined) return skipped('REDIS_URL is not set: this host shares with no other');
    if (!isInstalled('ioredis'))
      return failed(
        'the client of Redis is not installed, which the host loads at its start',
        'run npm install ioredis@^5.11.0',
      );
    const { Logger } = await import('@nestjs/common');
    Logger.overrideLogger(false); // what it says is in the finding
    const { RedisSharing } = await import('../../redis.js');
    const startMs = Math.min(timeoutMs, MOST_MS);
    const sharing = await RedisSharing.open({ url, startMs, instanceName: 'doctor' }, clock);
    try {
      return await judged(sharing, new URL(url).host);
    } finally {
      await sharing.close();
    }
  },
};

async function judged({ connection, directory }: RedisSharing, host: string): Promise<Finding> {
  if (!connection.isUp)
    return failed(
      `Redis at ${host} cannot be used: ${connection.link.problem}`,
      'set REDIS_URL to its address, with user and password if it has any, and rediss:// if it expects TLS.',
    );
  const others = (await directory.instances()).filter((instance) => instance !== directory.instance);
  const found = `${host} answers; ${others.length} instances are running`;
  return (await evicts(connection))
    ? warning(
        `${found}; it throws away what it was given when its memory is full`,
        'set its maxmemory-policy to noeviction: a used token that is forgotten could be used again.',
      )
    : ok(found);
}

async function evicts({ link }: RedisSharing['connection']): Promise<boolean> {
  const info = String(await link.run((client) => client.call('INFO', 'memory')).catch(() => ''));
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  return policy !== 'noeviction' && !/^maxmemory:0\r?$/m.test(info);
}
