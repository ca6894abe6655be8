import { defer, type MonoTypeOperatorFunction, tap } from 'rxjs';

/** Does something, once for each subscription, before the first value that counts. */
export function onFirst<T>(counts: (value: T) => boolean, act: () => void): MonoTypeOperatorFunction<T> {
  return (source$) =>
    defer(() => {
      let isDone = false;
      return source$.pipe(
        tap((value) => {
          if (isDone || !counts(value)) return;
          isDone = true;
          act();
        }),
      );
    });
}
