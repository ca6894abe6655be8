/** What the instances share cannot be reached now; try again later. */
export class SharingUnavailableError extends Error {
  override readonly name: string = 'SharingUnavailableError';

  /**
   * @param mayBeDone whether what was asked for may have been done all the same, as only the answer is missing
   */
  constructor(
    message: string,
    readonly mayBeDone = false,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
