/** Ends telephone calls from outside their media stream. */
export interface CallControl {
  /**
   * Asks the telephone network to end the call.
   * @returns false where that is not possible; the caller must then close the stream
   * @throws (rejects) the vendor's error
   */
  hangUp(callSid: string): Promise<boolean>;
  /**
   * Asks the telephone network to end the call by itself at a time: a net for a server that dies.
   * @param epochMs ms since 1970
   * @returns false where that is not possible
   * @throws (rejects) the vendor's error
   */
  endBy?(callSid: string, epochMs: number): Promise<boolean>;
}

/** DI token of the {@link CallControl}. */
export const CALL_CONTROL = Symbol('CALL_CONTROL');
