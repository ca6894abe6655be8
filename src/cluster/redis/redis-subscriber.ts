import { disconnect, isCluster, type RedisClient } from './ioredis.js';
import { problemOf } from './redis-link.js';

/** Channels that are subscribed to in one command. */
const AT_ONCE = 500;

/**
 * The connection for messages. It knows which channels are wanted, and subscribes to all of them whenever Redis is back;
 * until that is done it is down.
 */
export class RedisSubscriber {
  readonly #client: RedisClient;
  readonly #changed: () => void;
  readonly #received: (channel: string, message: string) => void;
  readonly #isSharded: boolean;
  readonly #wanted = new Set<string>();
  /** In a cluster: what its client keeps subscribed by itself. Telling it again would make its list longer. */
  readonly #kept = new Set<string>();
  #isUp = false;
  #isSubscribing = false;
  #problem = 'not connected';
  /** Tells an old subscribing from the latest. */
  #epoch = 0;

  /** @param changed called when {@link isUp} may have changed */
  constructor(
    client: RedisClient,
    received: (channel: string, message: string) => void,
    changed: () => void,
  ) {
    this.#client = client;
    this.#received = received;
    this.#changed = changed;
    this.#isSharded = isCluster(client);
    client.on('error', () => undefined); // told by the other connection
    client.on(this.#isSharded ? 'smessage' : 'message', (channel: string, message: string) => {
      this.#received(channel, message);
    });
    client.on('ready', () => {
      void this.#subscribeAll();
    });
    for (const event of ['close', 'end'])
      client.on(event, () => {
        this.#is(false);
      });
    if (client.status === 'ready') void this.#subscribeAll();
  }

  /** Whether every wanted channel is subscribed to. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Why it is down, as far as is known. */
  get problem(): string {
    return this.#problem;
  }

  /** Channels that are wanted. */
  get size(): number {
    return this.#wanted.size;
  }

  /** Never rejects. Resolves when messages come; when Redis is away, at once: they come when it is back. */
  async add(channel: string): Promise<void> {
    this.#wanted.add(channel);
    if (this.#client.status !== 'ready') return;
    try {
      await this.#subscribe([channel]);
    } catch (error) {
      this.#failed(error);
    }
  }

  remove(channel: string): void {
    this.#kept.delete(channel);
    if (!this.#wanted.delete(channel) || (!this.#isSharded && this.#client.status !== 'ready')) return;
    const gone = this.#isSharded ? this.#client.sunsubscribe(channel) : this.#client.unsubscribe(channel);
    gone.catch(() => undefined); // a new connection does not subscribe to it again
  }

  /** Tries again what Redis refused. */
  retry(): void {
    if (!this.#isUp && !this.#isSubscribing && this.#client.status === 'ready') void this.#subscribeAll();
  }

  /** Makes a new connection: messages do not come by this one. */
  reconnect(): void {
    if (this.#client.status === 'ready') this.#client.disconnect(true);
  }

  close(): void {
    disconnect(this.#client);
  }

  async #subscribeAll(): Promise<void> {
    const epoch = ++this.#epoch;
    this.#isSubscribing = true;
    try {
      const wanted = [...this.#wanted];
      for (let from = 0; from < wanted.length; from += AT_ONCE)
        await this.#subscribe(wanted.slice(from, from + AT_ONCE));
      if (epoch === this.#epoch) this.#is(true);
    } catch (error) {
      if (epoch === this.#epoch) this.#failed(error);
    } finally {
      if (epoch === this.#epoch) this.#isSubscribing = false;
    }
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    const wanted = channels.filter((channel) => this.#wanted.has(channel));
    if (wanted.length === 0) return;
    // Channels of different slots cannot be subscribed to at once.
    if (this.#isSharded) await Promise.all(wanted.map((channel) => this.#keep(channel)));
    else await this.#client.subscribe(...wanted);
  }

  async #keep(channel: string): Promise<void> {
    if (this.#kept.has(channel)) return;
    this.#kept.add(channel);
    try {
      await this.#client.ssubscribe(channel);
    } catch (error) {
      this.#kept.delete(channel);
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#problem = problemOf(error);
    this.#is(false);
  }

  #is(up: boolean): void {
    if (!up) this.#isSubscribing = false;
    if (!up) this.#epoch++;
    this.#isUp = up;
    this.#changed();
  }
}
