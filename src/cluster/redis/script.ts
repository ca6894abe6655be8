import { createHash } from 'node:crypto';
import type { RedisClient } from './ioredis.js';

/** A script that Redis runs as one step; it is sent whole only when Redis does not know it. */
export class Script {
  readonly #source: string;
  readonly #sha: string;

  constructor(source: string) {
    this.#source = source;
    this.#sha = createHash('sha1').update(source).digest('hex');
  }

  /**
   * @param keys in a cluster all of one slot
   * @throws (rejects) the error of Redis or of its client
   */
  async run(
    client: RedisClient,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    try {
      return await client.call('EVALSHA', this.#sha, ...rest);
    } catch (error) {
      if (!(Object(error) as Error).message.startsWith('NOSCRIPT')) throw error;
      return client.call('EVAL', this.#source, ...rest);
    }
  }
}
