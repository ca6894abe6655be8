import type * as Ioredis from 'ioredis';
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
/** A Redis that does not say goodbye is left, ms. */
const DISCONNECT_MS = 500;

/**
 * Makes a connection that does not wait: it connects for ever, and what it cannot send at once fails at once.
 * @throws (rejects) Error with the line that installs the client
 */
export async function connect(options: ResolvedRedisSharingOptions): Promise<RedisClient> {
  const ioredis = await load();
  const { url, connection, cluster, client } = options;
  if (cluster !== undefined) return new ioredis.Cluster(cluster.nodes, ofCluster(cluster.options, options));
  if (client !== undefined && isCluster(client))
    return client.duplicate([], ofCluster(client.options, options));
  const ours = ofOne(options);
  if (client !== undefined) return client.duplicate(ours);
  return url === undefined ? new ioredis.Redis({ ...connection, ...ours }) : new ioredis.Redis(url, ours);
}

/** Whether its keys are spread over several nodes. */
export const isCluster = (client: RedisClient): client is Cluster =>
  typeof (client as Partial<Cluster>).nodes === 'function';

/** Ends a connection for good. Cut amid a TLS handshake it may tell of two errors, and its client listens to one. */
export function disconnect(client: RedisClient): void {
  for (const one of isCluster(client) ? client.nodes() : [client])
    (one as Partial<Redis>).stream?.on('error', () => undefined);
  client.disconnect();
}

function ofOne(options: ResolvedRedisSharingOptions): RedisOptions {
  return {
    ...ofEach(options),
    enableOfflineQueue: false, // nothing is to be sent minutes later
    autoResubscribe: false, // done by RedisSubscriber, which has to know when it is done
    retryStrategy: backoff,
  };
}

function ofCluster(theirs: ClusterOptions = {}, options: ResolvedRedisSharingOptions): ClusterOptions {
  return {
    ...theirs,
    enableOfflineQueue: false,
    clusterRetryStrategy: backoff,
    keyPrefix: '',
    shardedSubscribers: true,
    scaleReads: 'master',
    redisOptions: { ...theirs.redisOptions, ...ofEach(options) },
  };
}

/** Settings of each connection, to a node of a cluster too. */
function ofEach({ commandTimeoutMs, tls }: ResolvedRedisSharingOptions): RedisOptions {
  return {
    autoResendUnfulfilledCommands: false, // nothing is to be sent twice
    maxRetriesPerRequest: 0, // what was under way when the connection broke fails at once
    enableReadyCheck: true,
    // A replica that was the primary until a moment ago: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    connectTimeout: Math.max(commandTimeoutMs, 1_000),
    socketTimeout: 2 * commandTimeoutMs, // frozen, or a connection that died unnoticed: make a new one
    disconnectTimeout: DISCONNECT_MS,
    keepAlive: KEEP_ALIVE_MS,
    keyPrefix: '',
    lazyConnect: false,
    ...(tls === undefined || tls === false ? {} : { tls: tls === true ? {} : tls }),
  };
}

const backoff = (attempt: number): number =>
  Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempt - 1, 10), MAX_BACKOFF_MS) + Math.random() * JITTER_MS;

async function load(): Promise<Pick<typeof Ioredis, 'Cluster' | 'Redis'>> {
  try {
    return await import('ioredis');
  } catch (cause) {
    throw new Error(`Redis needs its client: ${INSTALL}`, { cause });
  }
}
