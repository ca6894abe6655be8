import { Observable } from 'rxjs';
import type { CancelTimer, Clock } from '../../call/clock.js';

/** Well within the limits of a conversation. */
const EVERY_MS = 1_000;

/**
 * The same text, with an empty piece a second as long as there is none: a conversation takes it as a sign that the agent
 * is still working, and waits.
 * @param until the first text ends it, or only the end
 */
export function stillWorking(
  text$: Observable<string>,
  clock: Clock,
  until: 'text' | 'end',
): Observable<string> {
  return new Observable((subscriber) => {
    let cancel: CancelTimer = clock.every(EVERY_MS, () => {
      subscriber.next('');
    });
    const stop = () => {
      cancel();
      cancel = () => undefined;
    };
    subscriber.add(stop);
    subscriber.add(
      text$.subscribe({
        next: (text) => {
          if (until === 'text' && text !== '') stop();
          subscriber.next(text);
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      }),
    );
  });
}
