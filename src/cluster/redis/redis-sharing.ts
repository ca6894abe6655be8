import type { OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '../../call/clock.js';
import { RedisCallBus } from './redis-call-bus.js';
import { RedisConnection } from './redis-connection.js';
import { RedisDirectory } from './redis-directory.js';
import { RedisStore } from './redis-store.js';
import type { RedisSharingOptions } from './redis.options.js';

/** All that an instance shares with the others through Redis. */
export class RedisSharing implements OnApplicationShutdown {
  readonly store: RedisStore;
  readonly directory: RedisDirectory;
  readonly bus: RedisCallBus;

  private constructor(
    readonly connection: RedisConnection,
    clock: Clock,
  ) {
    this.store = new RedisStore(connection);
    this.directory = new RedisDirectory(connection, clock);
    this.bus = new RedisCallBus(connection, this.directory, clock);
  }

  /**
   * Connects; a Redis that is away is no error.
   * @throws (rejects) Error when ioredis is not installed, or an option is wrong
   */
  static async open(options: RedisSharingOptions, clock: Clock): Promise<RedisSharing> {
    return new RedisSharing(await RedisConnection.open(options, clock), clock);
  }

  /** Behind the drain of the calls, and the last requests of Twilio's about them. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.bus.close();
    await this.directory.close();
    await this.connection.close();
  }
}
