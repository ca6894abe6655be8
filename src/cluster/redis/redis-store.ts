import { SharingUnavailableError } from '../../sharing/sharing-errors.js';
import type { Change, SharedStore } from '../../sharing/shared-store.js';
import type { RedisConnection } from './redis-connection.js';
import { Script } from './script.js';

/** `GETDEL` of servers older than 6.2 too. */
const TAKE = new Script(`
local value = redis.call('GET', KEYS[1])
if value then redis.call('DEL', KEYS[1]) end
return value`);

/** Writes if the value is still the one that was read. Arguments: read?, read value, write?, value, ms. */
const REPLACE = new Script(`
local value = redis.call('GET', KEYS[1])
local expected = ARGV[1] == '1' and ARGV[2] or false
if value ~= expected then return {0, value} end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
else redis.call('DEL', KEYS[1]) end
return {1, false}`);

/** Others may come first so often. */
const ATTEMPTS = 100;

/** The store of all instances. */
export class RedisStore implements SharedStore {
  readonly #connection: RedisConnection;
  /** The last update of each key that is being changed here: this instance does not race with itself. */
  readonly #updating = new Map<string, Promise<unknown>>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async add(key: string, ttlMs: number): Promise<boolean> {
    const { link } = this.#connection;
    const name = this.#name(key);
    return (await link.run((client) => client.call('SET', name, '1', 'PX', whole(ttlMs), 'NX'))) !== null;
  }

  async get(key: string): Promise<string | undefined> {
    return text(await this.#connection.link.run((client) => client.call('GET', this.#name(key))));
  }

  async put(key: string, value: string, ttlMs: number): Promise<void> {
    const { link } = this.#connection;
    await link.run((client) => client.call('SET', this.#name(key), value, 'PX', whole(ttlMs)));
  }

  async take(key: string): Promise<string | undefined> {
    return text(await this.#connection.link.run((client) => TAKE.run(client, [this.#name(key)], [])));
  }

  async update<T>(key: string, ttlMs: number, change: (old: string | undefined) => Change<T>): Promise<T> {
    const before = this.#updating.get(key) ?? Promise.resolve();
    const mine = before.then(() => this.#update(key, ttlMs, change));
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#updating.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#updating.get(key) === settled) this.#updating.delete(key);
    }
  }

  async #update<T>(key: string, ttlMs: number, change: (old: string | undefined) => Change<T>): Promise<T> {
    let old = await this.get(key);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { value, result } = change(old);
      if (value === old) return result;
      const args = [...optional(old), ...optional(value), whole(ttlMs)];
      const [isDone, found] = (await this.#connection.link.run((client) =>
        REPLACE.run(client, [this.#name(key)], args),
      )) as [number, string | null];
      if (isDone === 1) return result;
      old = text(found);
    }
    throw new SharingUnavailableError(`Other instances changed the value first, ${ATTEMPTS} times.`);
  }

  #name(key: string): string {
    return this.#connection.key(key);
  }
}

const optional = (value: string | undefined): [string, string] =>
  value === undefined ? ['0', ''] : ['1', value];
const text = (answer: unknown): string | undefined => (typeof answer === 'string' ? answer : undefined);
/** Redis takes whole ms, above 0. */
const whole = (ms: number): number => Math.max(1, Math.ceil(ms));
