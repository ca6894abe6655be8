import type { Clock } from './clock.js';

/**
 * Settles as `promise` does, or as `late` says once `ms` have passed; what comes of the promise then is nobody's concern.
 * @throws (rejects) what `promise` or `late` throws
 */
export function within<T>(
  promise: Promise<T>,
  ms: number,
  clock: Clock,
  late: () => T | Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      void Promise.resolve().then(late).then(resolve, reject);
    });
    promise.then(resolve, reject).finally(cancel);
  });
}
