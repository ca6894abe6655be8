import { filter, type Subscription } from 'rxjs';
import type { CancelTimer, Clock } from '../../call/clock.js';
import type { CallDirectory, CallFacts, DirectoryEntry } from '../../sharing/call-directory.js';
import { MemoryDirectory } from '../../sharing/memory-directory.js';
import type { RedisConnection } from './redis-connection.js';
import { Script } from './script.js';

/** Enters calls. Arguments: whether these are all of the instance, its expiry in ms, then call and entry in turn. */
const ENTER = new Script(`
if ARGV[1] == '1' then redis.call('DEL', KEYS[1]) end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`);

/** A sign of life. Arguments: expiry in ms, number of calls. @returns whether the number was right */
const BEAT = new Script(`
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HLEN', KEYS[1]) == tonumber(ARGV[2]) and 1 or 0`);

const NOW = `if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
`;

/** Arguments: instance, its expiry in ms. */
const ALIVE = new Script(`${NOW}redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`);

const INSTANCES = new Script(`${NOW}return redis.call('ZRANGE', KEYS[1], 0, -1)`);

/**
 * The calls of all instances: a hash for each instance, which expires without its heartbeat, and the set of instances.
 * What Redis has forgotten, or was not told, is entered anew by the next heartbeat.
 */
export class RedisDirectory implements CallDirectory {
  readonly #connection: RedisConnection;
  readonly #own: MemoryDirectory;
  readonly #stopBeats: CancelTimer;
  readonly #recoveries: Subscription;
  /** Whether Redis may know something else than what is so. */
  #isDirty = false;

  constructor(connection: RedisConnection, clock: Clock) {
    this.#connection = connection;
    this.#own = new MemoryDirectory(clock, connection.instance);
    this.#stopBeats = clock.every(connection.options.heartbeat.everyMs, () => {
      void this.#beat();
    });
    this.#recoveries = connection.up$.pipe(filter(Boolean)).subscribe(() => {
      void this.#beat();
    });
  }

  get instance(): string {
    return this.#own.instance;
  }

  get ownCount(): number {
    return this.#own.ownCount;
  }

  async enter(callSid: string, facts: CallFacts = {}): Promise<void> {
    await this.#own.enter(callSid, facts);
    const entry = this.#own.own(callSid);
    if (entry !== undefined) await this.#told(() => this.#write([entry], false));
  }

  async leave(callSid: string): Promise<void> {
    if (this.#own.own(callSid) === undefined) return;
    await this.#own.leave(callSid);
    const { link } = this.#connection;
    await this.#told(() => link.run((client) => client.call('HDEL', this.#calls(this.instance), callSid)));
  }

  async find(callSid: string): Promise<DirectoryEntry | undefined> {
    const own = this.#own.own(callSid);
    if (own !== undefined) return own;
    const { link } = this.#connection;
    const found = await this.#ofEach((instance) =>
      link.run((client) => client.call('HGET', this.#calls(instance), callSid)),
    );
    const entries = found.map(([instance, text]) => entryOf(callSid, instance, text));
    return latest(entries.filter((entry) => entry !== undefined));
  }

  async list(): Promise<DirectoryEntry[]> {
    const { link } = this.#connection;
    const hashes = await this.#ofEach((instance) =>
      link.run((client) => client.hgetall(this.#calls(instance))),
    );
    const entries = new Map<string, DirectoryEntry>();
    for (const [instance, hash] of hashes)
      for (const [callSid, text] of Object.entries(hash)) {
        const entry = entryOf(callSid, instance, text);
        const newest = latest([entry, entries.get(callSid)].filter((one) => one !== undefined));
        if (newest !== undefined) entries.set(callSid, newest);
      }
    return [...entries.values()];
  }

  async count(): Promise<number> {
    const { link } = this.#connection;
    const counts = await this.#ofEach((instance) =>
      link.run((client) => client.call('HLEN', this.#calls(instance))),
    );
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async instances(): Promise<string[]> {
    const { link } = this.#connection;
    return (await link.run((client) => INSTANCES.run(client, [this.#alive], []))) as string[];
  }

  /** No more heartbeats; this instance and what is left of its calls vanish at once. Never rejects. */
  async close(): Promise<void> {
    this.stop();
    const { link } = this.#connection;
    await Promise.allSettled([
      link.run((client) => client.call('DEL', this.#calls(this.instance))),
      link.run((client) => client.call('ZREM', this.#alive, this.instance)),
    ]);
  }

  /** No more heartbeats: as if this instance had died. */
  stop(): void {
    this.#stopBeats();
    this.#recoveries.unsubscribe();
  }

  async #beat(): Promise<void> {
    const { link, options, isUp } = this.#connection;
    if (!isUp) return;
    const { expiresMs } = options.heartbeat;
    await this.#told(async () => {
      await link.run((client) => ALIVE.run(client, [this.#alive], [this.instance, expiresMs]));
      const beat = [expiresMs, this.ownCount];
      const isRight = await link.run((client) => BEAT.run(client, [this.#calls(this.instance)], beat));
      if (isRight === 1 && !this.#isDirty) return;
      this.#isDirty = false;
      await this.#write(this.#own.ownEntries(), true);
    });
  }

  async #write(entries: readonly DirectoryEntry[], areAll: boolean): Promise<void> {
    const { link, options } = this.#connection;
    const args = [areAll ? '1' : '0', options.heartbeat.expiresMs, ...entries.flatMap(textOf)];
    await link.run((client) => ENTER.run(client, [this.#calls(this.instance)], args));
  }

  async #told(task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch {
      this.#isDirty = true;
    }
  }

  async #ofEach<T>(ask: (instance: string) => Promise<T>): Promise<(readonly [string, T])[]> {
    const instances = await this.instances();
    return Promise.all(instances.map(async (instance) => [instance, await ask(instance)] as const));
  }

  #calls(instance: string): string {
    return this.#connection.key(`{${instance}}:calls`);
  }

  get #alive(): string {
    return this.#connection.key('instances');
  }
}

const textOf = ({ callSid, since, facts }: DirectoryEntry): [string, string] => [
  callSid,
  JSON.stringify({ since, facts }),
];

/** What another version has written may be anything: the call is there all the same. */
function entryOf(callSid: string, instance: string, text: unknown): DirectoryEntry | undefined {
  if (typeof text !== 'string') return undefined;
  const { since, facts } = json(text);
  return {
    callSid,
    instance,
    since: typeof since === 'number' ? since : 0,
    facts: typeof facts === 'object' && facts !== null ? (facts as CallFacts) : {},
  };
}

function json(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** A call that went on elsewhere may be there twice for a moment. */
const latest = (entries: readonly DirectoryEntry[]): DirectoryEntry | undefined =>
  entries.reduce<DirectoryEntry | undefined>(
    (newest, entry) => (newest === undefined || entry.since > newest.since ? entry : newest),
    undefined,
  );
