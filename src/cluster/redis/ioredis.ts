import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import type { ResolvedRedisSharingOptions } from './redis.options.js';

/** Installs the client. */
export const INSTALL = 'npm install ioredis@^5.11.0';

/** A connection to one Redis, or to a cluster. */
export type RedisClient = Redis | Cluster;

/** Longest wait before the next attempt to connect, ms; a random part is added. */
export const MAX_BACKOFF_MS = 2_000;
const JITTER_MS = 200;
const FIRST_BACKOFF_MS = 50;
const KEEP_ALIVE_MS = 15_000;

/**
 * Makes a connection that does not wait: it connects for ever, and what it cannot send at once fails at once.
 * @throws (rejects) Error with the line that installs the client
 */
export async function connect(options: ResolvedRedisSharingOptions): Promise<RedisClient> {
  const { Cluster, Redis } = await load();
  const ours = settings(options);
  const { url, connection, cluster, client } = options;
  if (cluster !== undefined)
    return new Cluster(cluster.nodes, ofCluster(cluster.options ?? {}, ours, cluster.options?.redisOptions));
  if (client !== undefined)
    return isCluster(client)
      ? client.duplicate([], ofCluster(client.options, ours, client.options.redisOptions))
      : client.duplicate(ours);
  return url === undefined ? new Redis({ ...connection, ...ours }) : new Redis(url, ours);
}

/** Whether its keys are spread over several nodes. */
export const isCluster = (client: RedisClient): client is Cluster =>
  typeof (client as Partial<Cluster>).nodes === 'function';

function settings({ commandTimeoutMs, tls }: ResolvedRedisSharingOptions): RedisOptions {
  return {
    enableOfflineQueue: false, // nothing is to be sent minutes later
    autoResendUnfulfilledCommands: false, // nor twice
    maxRetriesPerRequest: 0, // what was under way when the connection broke fails at once
    autoResubscribe: false, // done by RedisSubscriber, which has to know when it is done
    enableReadyCheck: true,
    retryStrategy: backoff,
    // A replica that was the primary until a moment ago: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    connectTimeout: Math.max(commandTimeoutMs, 1_000),
    socketTimeout: 2 * commandTimeoutMs, // frozen, or a connection that died unnoticed: make a new one
    keepAlive: KEEP_ALIVE_MS,
    keyPrefix: '',
    lazyConnect: false,
    ...(tls === undefined || tls === false ? {} : { tls: tls === true ? {} : tls }),
  };
}

function ofCluster(theirs: ClusterOptions, ours: RedisOptions, redisOptions: RedisOptions = {}): ClusterOptions {
  // The cluster itself reconnects to nodes that are lost.
  const { retryStrategy: _, autoResubscribe: __, enableOfflineQueue: ___, ...ofNodes } = ours;
  return {
    ...theirs,
    enableOfflineQueue: false,
    clusterRetryStrategy: backoff,
    keyPrefix: '',
    shardedSubscribers: true,
    scaleReads: 'master',
    redisOptions: { ...redisOptions, ...ofNodes },
  };
}

const backoff = (attempt: number): number =>
  Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempt - 1, 10), MAX_BACKOFF_MS) + Math.random() * JITTER_MS;

async function load(): Promise<Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>> {
  try {
    return await import('ioredis');
  } catch (cause) {
    throw new Error(`Redis needs its client: ${INSTALL}`, { cause });
  }
}
