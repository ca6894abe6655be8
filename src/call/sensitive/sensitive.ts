import type { Observable } from 'rxjs';

/** Stands for words of either side that are kept from everybody. */
export const NOT_RECORDED = '(not recorded)';

/** Which keys make a number. */
export interface KeysToCollect {
  /** The key that ends the input and is no part of it, `#` by default; '' for none. */
  readonly finishOn?: string;
  /** The input is complete with so many keys; 32 by default. */
  readonly most?: number;
  /** Longest wait for the first key, and from one key to the next, ms; 10 000 by default. */
  readonly timeoutMs?: number;
}

/** A number from the keypad, or what there is of it. */
export interface CollectedKeys {
  /** What was pressed, without the key that ends it: 0-9, *, #, A-D. */
  readonly digits: string;
  /** `finished` by its last key, or complete; else there may be a part only: `closed` by the end of call or stretch. */
  readonly ended: 'finished' | 'timeout' | 'closed';
}

/** The keys that the caller presses in a sensitive stretch: nobody else is told of them. */
export interface SensitiveKeys {
  /** Each key, those from the beginning of the stretch too; completes with the stretch or the call. */
  readonly digits$: Observable<string>;
  /**
   * Takes a number from the keypad; keys that were pressed before it was asked for count.
   * @throws (rejects) RangeError naming the wrong option
   */
  collect(what?: KeysToCollect): Promise<CollectedKeys>;
}
