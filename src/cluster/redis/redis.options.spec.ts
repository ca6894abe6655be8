import { describe, expect, it } from '@jest/globals';
import { type RedisSharingOptions, resolveRedisOptions } from './redis.options.js';

const url = 'redis://localhost:6379';

describe('options of Redis', () => {
  it('have defaults', () => {
    expect(resolveRedisOptions({ url })).toEqual({
      url,
      keyPrefix: 'voice:',
      whenAway: 'accept',
      commandTimeoutMs: 1_000,
      startMs: 3_000,
      heartbeat: { everyMs: 5_000, expiresMs: 15_000 },
      maxPending: 10_000,
    });
  });

  const wrong: [string, unknown, RegExp][] = [
    ['nowhere to connect to', {}, /options: exactly one of url, connection, cluster and client/],
    ['two ways to connect', { url, connection: { host: 'x' } }, /exactly one of url/],
    ['no URL', { url: 'localhost:6379' }, /url: must be a URL such as redis:\/\/localhost:6379 .*REDIS_URL/],
    ['another protocol', { url: 'http://localhost' }, /url: must be a URL such as redis/],
    ['a cluster without nodes', { cluster: { nodes: [] } }, /cluster\.nodes: must be the URL/],
    ['no client', { client: {} }, /client: must be a Redis or a Cluster of ioredis/],
    [
      'braces in the prefix',
      { url, keyPrefix: '{x}' },
      /keyPrefix: must be up to 64 characters, without braces/,
    ],
    [
      'an expiry that one late heartbeat exceeds',
      { url, heartbeat: { everyMs: 5_000, expiresMs: 6_000 } },
      /heartbeat\.expiresMs: must be twice everyMs/,
    ],
    ['another policy', { url, whenAway: 'maybe' }, /whenAway: .*accept.*refuse/],
    ['an option there is not', { url, prefix: 'x' }, /prefix/],
  ];

  it.each(wrong)('refuse %s', (_, options, problem) => {
    expect(() => resolveRedisOptions(options as RedisSharingOptions)).toThrow(problem);
  });

  it('never tell a password', () => {
    const secret = () => resolveRedisOptions({ url: 'http://:hunter2@localhost' });
    expect(secret).toThrow(/^(?!.*hunter2).*$/s);
  });
});
