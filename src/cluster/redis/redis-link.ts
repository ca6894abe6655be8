import type { Clock } from '../../call/clock.js';
import { within } from '../../call/within.js';
import { SharingUnavailableError } from '../../sharing/sharing-errors.js';
import { disconnect, isCluster, type RedisClient } from './ioredis.js';

/** What is awaited of Redis. */
export interface LinkLimits {
  readonly commandTimeoutMs: number;
  /** Most commands under way. */
  readonly maxPending: number;
}

/**
 * The connection for commands. While it is down a command fails at once; nothing waits in line for its return. It is
 * down, too, while Redis does not answer, so that one command pays for a frozen Redis, and not every one.
 */
export class RedisLink {
  readonly #client: RedisClient;
  readonly #clock: Clock;
  readonly #limits: LinkLimits;
  readonly #changed: () => void;
  #isReady: boolean;
  #isSilent = false;
  #underWay = 0;
  #problem: string | undefined;

  /** @param changed called when {@link isUp} may have changed */
  constructor(client: RedisClient, clock: Clock, limits: LinkLimits, changed: () => void) {
    this.#client = client;
    this.#clock = clock;
    this.#limits = limits;
    this.#changed = changed;
    this.#isReady = client.status === 'ready';
    client.on('error', (error: unknown) => {
      this.#problem = problemOf(error);
    });
    client.on('ready', () => {
      this.#is(true);
    });
    for (const event of ['close', 'end'])
      client.on(event, () => {
        this.#is(false);
      });
  }

  get isUp(): boolean {
    return this.#isReady && !this.#isSilent;
  }

  /** Commands that Redis has not answered. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Why it is down, as far as is known. */
  get problem(): string {
    return this.#isReady && this.#isSilent ? 'no answer' : (this.#problem ?? 'not connected');
  }

  /** @throws (rejects) SharingUnavailableError */
  async run<T>(task: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!this.isUp) throw new SharingUnavailableError(`Redis is away: ${this.problem}.`);
    if (this.#underWay >= this.#limits.maxPending)
      throw new SharingUnavailableError('Redis is away: too many commands wait for its answer.');
    try {
      return await this.#inTime(this.#counted(task));
    } catch (cause) {
      if (cause instanceof SharingUnavailableError) throw cause;
      throw new SharingUnavailableError(`Redis failed: ${problemOf(cause)}.`, wasSent(cause), { cause });
    }
  }

  /** In two steps: behind a time in which this process itself was held up, its answers are read before it gives up. */
  #inTime<T>(answer: Promise<T>): Promise<T> {
    const { commandTimeoutMs } = this.#limits;
    const step = (late: () => T | Promise<T>) => within(answer, commandTimeoutMs / 2, this.#clock, late);
    return step(() =>
      step(() => {
        this.#fellSilent();
        throw new SharingUnavailableError(`Redis has not answered within ${commandTimeoutMs} ms.`, true);
      }),
    );
  }

  close(): void {
    disconnect(this.#client);
  }

  async #counted<T>(task: (client: RedisClient) => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      const answer = await task(this.#client);
      this.#answered();
      return answer;
    } catch (error) {
      if (isReply(error)) this.#answered();
      throw error;
    } finally {
      this.#underWay--;
    }
  }

  #is(ready: boolean): void {
    this.#isReady = ready;
    this.#isSilent = false;
    if (ready) this.#problem = undefined;
    this.#changed();
  }

  /** One node of a cluster is not all of it: then each command finds out for itself. */
  #fellSilent(): void {
    if (this.#isSilent || isCluster(this.#client)) return;
    this.#isSilent = true;
    this.#changed();
  }

  #answered(): void {
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#changed();
  }
}

/** Redis has answered, if with an error. */
const isReply = (error: unknown): boolean => (Object(error) as { name?: unknown }).name === 'ReplyError';

/** What Redis answered itself was not done; of a connection that broke nobody knows. */
function wasSent(error: unknown): boolean {
  const { message } = Object(error) as { message?: unknown };
  return !isReply(error) && !(typeof message === 'string' && message.includes("isn't writeable"));
}

/** Code or message: a failed connection may have a code only. */
export function problemOf(error: unknown): string {
  const { code, message, name } = Object(error) as { code?: unknown; message?: unknown; name?: unknown };
  return [code, message, name].find((one): one is string => typeof one === 'string' && one !== '') ?? 'error';
}
