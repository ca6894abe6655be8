/** The entry point `nestjs-twilio-voice/redis`: several instances share their calls through Redis. */
export {
  redisSharing,
  redisSharingAsync,
  type RedisSharingAsyncOptions,
} from './cluster/redis/redis.providers.js';
export { RedisSharing } from './cluster/redis/redis-sharing.js';
export type { RedisSharingOptions } from './cluster/redis/redis.options.js';
