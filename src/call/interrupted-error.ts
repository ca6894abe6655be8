/** Something was not done because the caller spoke first. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
