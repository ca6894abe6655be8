import { createHash } from 'node:crypto';

/** What becomes of a value. */
export interface Change<T> {
  /** The new value; undefined: none. The value it was given: nothing is written, and it expires when it did before. */
  readonly value: string | undefined;
  /** What {@link SharedStore.update} returns. */
  readonly result: T;
}

/**
 * Small values that all instances see, each with its expiry: in this process's memory by default.
 * Every operation is atomic, and rejects with a SharingUnavailableError at once while the store is away; where that error
 * says `mayBeDone`, the operation may take effect still, late by as long as the store was frozen.
 */
export interface SharedStore {
  /**
   * Remembers a key.
   * @param ttlMs for so long, ms; above 0
   * @returns false if the key is there already, with or without a value; its expiry stays as it was
   */
  add(key: string, ttlMs: number): Promise<boolean>;
  get(key: string): Promise<string | undefined>;
  /** @param ttlMs for so long, ms; above 0 */
  put(key: string, value: string, ttlMs: number): Promise<void>;
  /** The value, once: it is gone then. */
  take(key: string): Promise<string | undefined>;
  /**
   * Changes a value, whoever else does so at the same time.
   * @param ttlMs what is written lasts for so long, ms; above 0
   * @param change pure, as it is asked again when another instance came first
   * @returns the `result` of the change that was made
   * @throws (rejects) what `change` throws; SharingUnavailableError also if others came first again and again
   */
  update<T>(key: string, ttlMs: number, change: (old: string | undefined) => Change<T>): Promise<T>;
}

/** DI token of the {@link SharedStore}. */
export const SHARED_STORE = Symbol('SHARED_STORE');

const SID = /^[\w-]{1,64}$/;

/**
 * A key for what concerns one call: Redis Cluster keeps all keys of a call together by the braces.
 * @param what e.g. `outcome`; anything long or foreign in it should be hashed by {@link digest}
 */
export const callKey = (callSid: string, what: string): string =>
  `{${SID.test(callSid) ? callSid : digest(callSid)}}:${what}`;

/** 22 characters that stand for any text: keys stay short, and hold no telephone number. */
export const digest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 22);
