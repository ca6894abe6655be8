import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import { kindOfError } from '../call/kind-of-error.js';

/** Does something when the source is over: it completed, failed, or was stopped. */
export function onLast<T>(act: (how: { readonly error?: string }) => void): MonoTypeOperatorFunction<T> {
  const over = () => {
    act({});
  };
  return tap({
    complete: over,
    unsubscribe: over,
    error: (error: unknown) => {
      act({ error: kindOfError(error) });
    },
  });
}
