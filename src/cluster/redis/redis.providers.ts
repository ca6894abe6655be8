import type { InjectionToken, OptionalFactoryDependency, Provider } from '@nestjs/common';
import { CLOCK, type Clock } from '../../call/clock.js';
import { CALL_BUS } from '../../sharing/call-bus.js';
import { CALL_DIRECTORY } from '../../sharing/call-directory.js';
import { SHARED_STORE } from '../../sharing/shared-store.js';
import { SHARING_STATUS } from '../../sharing/sharing-status.js';
import { RedisSharing } from './redis-sharing.js';
import { type RedisSharingOptions, resolveRedisOptions } from './redis.options.js';

export interface RedisSharingAsyncOptions {
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is injected is the host's business
  readonly useFactory: (...injected: any[]) => RedisSharingOptions | Promise<RedisSharingOptions>;
}

/**
 * Providers for `TwilioVoiceModule`: instances share calls, tokens, limits and callbacks through Redis.
 * @throws Error that names each wrong option
 */
export function redisSharing(options: RedisSharingOptions): Provider[] {
  resolveRedisOptions(options); // fail here, where the stack shows the host's own line
  return redisSharingAsync({ useFactory: () => options });
}

/** As {@link redisSharing}, with settings from a factory. */
export function redisSharingAsync({ inject = [], useFactory }: RedisSharingAsyncOptions): Provider[] {
  return [
    {
      provide: RedisSharing,
      inject: [CLOCK, ...inject],
      useFactory: async (clock: Clock, ...injected: unknown[]) =>
        RedisSharing.open(await useFactory(...injected), clock),
    },
    part(SHARED_STORE, ({ store }) => store),
    part(CALL_DIRECTORY, ({ directory }) => directory),
    part(CALL_BUS, ({ bus }) => bus),
    part(SHARING_STATUS, ({ connection }) => connection),
  ];
}

const part = (provide: symbol, useFactory: (sharing: RedisSharing) => unknown): Provider => ({
  provide,
  inject: [RedisSharing],
  useFactory,
});
