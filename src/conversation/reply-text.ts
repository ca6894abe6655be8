import { isObservable, Observable } from 'rxjs';
import { NO_SCOPE, type RunInScope } from '../call/call-scope.js';
import { unheeded } from '../call/unheeded.js';
import type { Reply } from './reply.js';

/**
 * A reply as a cold stream of text. Unsubscribing before its end aborts the signal the reply was made with, at once,
 * also while a promise or an iterator is pending.
 * @param run what each step of the reply is taken inside of
 */
export function replyText(
  makeReply: (signal: AbortSignal) => Reply,
  run: RunInScope = NO_SCOPE,
): Observable<string> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    let written = false;
    const whenOver = (stop: () => unknown) => {
      subscriber.add(() => {
        stopped(stop, run);
      });
    };
    whenOver(() => {
      if (!written) controller.abort();
    });
    const complete = () => {
      written = true;
      subscriber.complete();
    };
    const reply = makeReply(controller.signal);
    const write = (piece: unknown) => {
      if (typeof piece === 'string') subscriber.next(piece);
      else
        subscriber.error(
          new TypeError(`The agent's reply must consist of strings, but a piece was ${typeof piece}`),
        );
    };
    if (typeof reply === 'string') {
      subscriber.next(reply);
      complete();
    } else if (isObservable(reply)) {
      const source = run(() =>
        reply.subscribe({
          next: write,
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete,
        }),
      );
      whenOver(() => {
        source.unsubscribe();
      });
    } else if (Symbol.asyncIterator in reply) {
      const iterator = run(() => reply[Symbol.asyncIterator]());
      // `return` waits for a pending `next`, so the abort above has to come first.
      whenOver(() => iterator.return?.());
      void drain({ next: () => run(() => iterator.next()) }, write, complete, subscriber);
    } else
      reply.then(
        (text) => {
          write(text);
          complete();
        },
        (error: unknown) => {
          subscriber.error(error);
        },
      );
  });
}

/** Nobody listens any more to what the agent throws, and the caller is not to wait for it. */
function stopped(stop: () => unknown, run: RunInScope): void {
  try {
    unheeded(run(stop));
  } catch {
    return;
  }
}

async function drain(
  iterator: Pick<AsyncIterator<string>, 'next'>,
  write: (piece: unknown) => void,
  complete: () => void,
  subscriber: { readonly closed: boolean; error(error: unknown): void },
): Promise<void> {
  try {
    while (!subscriber.closed) {
      const result = await iterator.next();
      if (result.done === true) break;
      write(result.value);
    }
    complete();
  } catch (error) {
    subscriber.error(error);
  }
}
