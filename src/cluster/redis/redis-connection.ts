import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Logger } from '@nestjs/common';
import { BehaviorSubject, filter, firstValueFrom, type Observable } from 'rxjs';
import type { CancelTimer, Clock } from '../../call/clock.js';
import { within } from '../../call/within.js';
import type { SharingStatus } from '../../sharing/sharing-status.js';
import { connect, isCluster, type RedisClient } from './ioredis.js';
import { RedisLink } from './redis-link.js';
import { RedisSubscriber } from './redis-subscriber.js';
import { RedisTime } from './redis-time.js';
import {
  type RedisSharingOptions,
  type ResolvedRedisSharingOptions,
  resolveRedisOptions,
} from './redis.options.js';

/** Both connections are tried so often, ms. */
const PROBE_MS = 1_000;
/** Messages that this instance sent to itself and that may be missing before it makes a new connection. */
const MISSED_ECHOES = 3;
/** Heartbeats are not to fail for others' commands. */
const RESERVED = 100;
const ECHO = 'echo';

/** This instance's two connections to Redis: one for commands, one for messages. */
export class RedisConnection implements SharingStatus {
  /** Differs from that of all other instances, and of this one before it was restarted. */
  readonly instance: string;
  readonly time: RedisTime;
  readonly link: RedisLink;
  readonly messages: RedisSubscriber;
  readonly #logger = new Logger('TwilioVoice');
  readonly #clock: Clock;
  readonly #isSharded: boolean;
  readonly #up = new BehaviorSubject(false);
  readonly #receivers = new Map<string, (message: string) => void>();
  readonly #stopProbes: CancelTimer;
  #missedEchoes = 0;
  #wasUp = false;
  #downSince: number;
  #hasComplained = false;
  #backSince = -Infinity;
  #isClosed = false;

  private constructor(
    readonly options: ResolvedRedisSharingOptions,
    clock: Clock,
    commands: RedisClient,
    subscriber: RedisClient,
  ) {
    this.#clock = clock;
    this.#isSharded = isCluster(commands);
    this.#downSince = clock.now();
    const name =
      options.instanceName ??
      hostname()
        .replace(/[^\w.-]/g, '-')
        .slice(0, 64);
    this.instance = `${name}-${randomBytes(6).toString('hex')}`;
    this.time = new RedisTime(clock);
    const changed = () => {
      this.#changed();
    };
    const limits = { ...options, maxPending: options.maxPending + RESERVED };
    this.link = new RedisLink(commands, clock, limits, changed);
    this.messages = new RedisSubscriber(
      subscriber,
      (channel, message) => this.#receivers.get(channel)?.(message),
      changed,
    );
    this.#stopProbes = clock.every(PROBE_MS, () => {
      void this.#probe();
    });
    void this.listen(this.#echoChannel, () => {
      this.#missedEchoes = 0;
    });
  }

  /**
   * Waits for Redis, `startMs` at most.
   * @throws (rejects) Error when ioredis is not installed, or an option is wrong
   */
  static async open(given: RedisSharingOptions, clock: Clock): Promise<RedisConnection> {
    const options = resolveRedisOptions(given);
    const connection = new RedisConnection(options, clock, await connect(options), await connect(options));
    await within(connection.untilUp(), options.startMs, clock, () => {
      connection.#complain();
    });
    return connection;
  }

  get isUp(): boolean {
    return this.#up.value;
  }

  get up$(): Observable<boolean> {
    return this.#up.asObservable();
  }

  get acceptsCalls(): boolean {
    return this.isUp || this.options.whenAway === 'accept';
  }

  /** How long it has been up again after an outage, ms; Infinity when there was none. */
  get backForMs(): number {
    return this.#clock.now() - this.#backSince;
  }

  /** Resolves when it is up. @throws (rejects) Error when it is closed */
  async untilUp(): Promise<void> {
    await firstValueFrom(this.up$.pipe(filter(Boolean)));
  }

  /** A key or channel, as it is in Redis. */
  key(name: string): string {
    return this.options.keyPrefix + name;
  }

  /** Takes the messages of a channel. Resolves when they come, or when that has to wait for Redis. */
  listen(channel: string, receive: (message: string) => void): Promise<void> {
    this.#receivers.set(channel, receive);
    return this.messages.add(channel);
  }

  /** No more messages of that channel. */
  ignore(channel: string): void {
    this.#receivers.delete(channel);
    this.messages.remove(channel);
  }

  /**
   * @returns how many instances got it
   * @throws (rejects) SharingUnavailableError
   */
  async publish(channel: string, message: string): Promise<number> {
    const command = this.#isSharded ? 'SPUBLISH' : 'PUBLISH';
    return Number(await this.link.run((client) => client.call(command, channel, message)));
  }

  /** Lets what was asked for be answered, then ends both connections. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#stopProbes();
    await this.link.run((client) => client.call('TIME')).catch(() => undefined); // behind all that was sent before
    this.#isClosed = true;
    this.link.close();
    this.messages.close();
    this.#changed();
    this.#up.complete();
  }

  get #echoChannel(): string {
    return this.key(`{${this.instance}}:${ECHO}`);
  }

  /** Tells the time, finds out a Redis that is frozen, and a connection for messages that is dead. */
  async #probe(): Promise<void> {
    const askedAt = this.#clock.now();
    try {
      this.time.told(await this.link.run((client) => client.call('TIME')), askedAt);
      if (!this.messages.isUp) {
        this.messages.retry();
        return;
      }
      if (this.#missedEchoes++ >= MISSED_ECHOES) {
        this.#missedEchoes = 0;
        this.messages.reconnect();
      } else await this.publish(this.#echoChannel, '');
    } catch {
      this.#missedEchoes = 0; // it is away: told where it was found out
    }
  }

  #changed(): void {
    const isUp = !this.#isClosed && this.link.isUp && this.messages.isUp;
    if (isUp === this.#up.value) return;
    const now = this.#clock.now();
    if (isUp) this.#back(now);
    else {
      this.#downSince = now;
      if (!this.#isClosed) this.#complain();
    }
    this.#up.next(isUp);
  }

  #back(now: number): void {
    this.#missedEchoes = 0;
    if (this.#wasUp) this.#backSince = now;
    this.#wasUp = true;
    const seconds = ((now - this.#downSince) / 1_000).toFixed(1);
    if (this.#hasComplained) this.#logger.log(`Redis is back after ${seconds} s`);
    this.#hasComplained = false;
    void this.#probe();
  }

  /** Once per outage. */
  #complain(): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    const { whenAway } = this.options;
    const problem = this.link.isUp ? this.messages.problem : this.link.problem;
    this.#logger.error(
      `Redis is away: ${problem}: calls go on, commands to other instances fail; new calls: ${whenAway} (whenAway)`,
    );
  }
}
