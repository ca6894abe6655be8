import { lastValueFrom, Observable, reduce, takeUntil } from 'rxjs';
import type { Reply } from '../../conversation/reply.js';
import { replyText } from '../../conversation/reply-text.js';

/**
 * The whole text of a reply, or what was written of it until `signal` is aborted.
 * @throws (rejects) what the reply throws; TypeError when a piece of it is no string
 */
export function textOf(makeReply: () => Reply, signal?: AbortSignal): Promise<string> {
  const text$ = replyText(makeReply).pipe(
    takeUntil(aborted(signal)),
    reduce((text, piece) => text + piece, ''),
  );
  return lastValueFrom(text$);
}

function aborted(signal: AbortSignal | undefined): Observable<void> {
  return new Observable((subscriber) => {
    const abort = () => {
      subscriber.next();
    };
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
    return () => signal?.removeEventListener('abort', abort);
  });
}
