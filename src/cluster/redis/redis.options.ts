import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { z } from 'zod';

const ms = (most: number) => z.number().int().positive().max(most);
const given = <T>(what: string) =>
  z.custom<T>((value) => typeof value === 'object' && value !== null, `must be ${what}`);

const isClient = (value: unknown): boolean =>
  typeof (Object(value) as { duplicate?: unknown }).duplicate === 'function';

const redisSchema = z
  .strictObject({
    /** `redis://…`, or `rediss://…` for TLS; environment variable `REDIS_URL`. */
    url: z
      .url({
        protocol: /^rediss?$/,
        error: 'must be a URL such as redis://localhost:6379 or rediss://… (REDIS_URL)',
      })
      .optional(),
    /** Options of ioredis instead of a URL: host and port, or `sentinels` and `name`. */
    connection: given<RedisOptions>("ioredis' own options, such as { host, port }").optional(),
    /** Redis Cluster, version 7 or newer: its first nodes, and options of ioredis. */
    cluster: z
      .strictObject({
        nodes: z
          .array(z.custom<ClusterNode>((node) => node !== undefined && node !== null))
          .min(1, 'must be the URL, or { host, port }, of a node at least'),
        options: given<ClusterOptions>("ioredis' own options of a cluster").optional(),
      })
      .optional(),
    /** A client of the host's, whose settings are taken over; it is neither used nor closed. */
    client: z.custom<Redis | Cluster>(isClient, 'must be a Redis or a Cluster of ioredis').optional(),
    /** TLS where the URL does not say so: `true`, or options of `tls.connect`. */
    tls: z
      .union([z.boolean(), given<NonNullable<RedisOptions['tls']>>('true, or options of tls.connect')])
      .optional(),
    /** All keys and channels begin with it: one Redis can serve several applications. */
    keyPrefix: z
      .string()
      .regex(/^[^{}\s]{0,64}$/, 'must be up to 64 characters, without braces and spaces')
      .default('voice:'),
    /** Name of this instance, for operators; default: the host's. A random part is added. */
    instanceName: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, _, . and -')
      .optional(),
    /** What becomes of new calls while Redis is away. */
    whenAway: z.enum(['accept', 'refuse']).default('accept'),
    /** A Redis that has not answered by then is away, ms. */
    commandTimeoutMs: ms(30_000).default(1_000),
    /** The application's start waits so long for Redis, ms, and goes on without it then. */
    startMs: ms(60_000).default(3_000),
    heartbeat: z
      .strictObject({
        /** Between two signs of life, ms. */
        everyMs: ms(60_000).default(5_000),
        /** The calls of an instance without one are gone, ms. */
        expiresMs: ms(600_000).default(15_000),
      })
      .refine(({ everyMs, expiresMs }) => expiresMs >= 2 * everyMs, {
        message: 'must be twice everyMs at least: one late heartbeat is no death',
        path: ['expiresMs'],
      })
      .prefault({}),
    /** Most commands whose answer this instance waits for, and most that wait for Redis; more fail at once. */
    maxPending: z.number().int().positive().max(1_000_000).default(10_000),
  })
  .refine(
    ({ url, connection, cluster, client }) =>
      [url, connection, cluster, client].filter((way) => way !== undefined).length === 1,
    'exactly one of url, connection, cluster and client must be given',
  );

/** How Redis is reached, and what is expected of it. */
export type RedisSharingOptions = z.input<typeof redisSchema>;
export type ResolvedRedisSharingOptions = z.output<typeof redisSchema>;

/** @throws Error that names each wrong option and what it must be; never with a password */
export function resolveRedisOptions(options: RedisSharingOptions): ResolvedRedisSharingOptions {
  const result = redisSchema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  );
  throw new Error(`redisSharing: ${problems.join('; ')}`);
}
