import type { ResolvedTransferTarget } from './handover.options.js';

/** Ends telephone calls, or moves them, from outside their media stream. */
export interface CallControl {
  /**
   * Asks the telephone network to end the call.
   * @returns false where that is not possible; the caller must then close the stream
   * @throws (rejects) the vendor's error
   */
  hangUp(callSid: string): Promise<boolean>;
  /**
   * Asks the telephone network to end the call by itself, `ms` from now: a net for a server that dies.
   * @param now ms since 1970
   * @returns false where that is not possible
   * @throws (rejects) the vendor's error
   */
  endWithin?(callSid: string, ms: number, now: number): Promise<boolean>;
  /**
   * Connects the caller with somebody else; the media stream ends, and with it what this process has to do with the call.
   * @returns false where that is not possible
   * @throws (rejects) the vendor's error
   */
  transfer?(callSid: string, target: ResolvedTransferTarget): Promise<boolean>;
  /**
   * Presses keys in the call: the media stream ends, and a new one of the same call follows.
   * @param keys 1 to 32 of `0-9A-D#*wW`
   * @param parameters of the new stream: it may come to an instance that does not know the call
   * @returns false where that is not possible
   * @throws (rejects) the vendor's error
   */
  sendDigits?(callSid: string, keys: string, parameters?: Readonly<Record<string, string>>): Promise<boolean>;
}

/** DI token of the {@link CallControl}. */
export const CALL_CONTROL = Symbol('CALL_CONTROL');
