import { describe, expect, it } from '@jest/globals';
import { Observable, take } from 'rxjs';
import type { Reply } from './reply.js';
import { replyText } from './reply-text.js';

const forever = () => new Promise<never>(() => undefined);

/** Writes one word, then nothing. @param stopped called when nobody listens any more */
const KINDS: [string, (stopped: () => void) => Reply][] = [
  [
    'an observable',
    (stopped) =>
      new Observable<string>((subscriber) => {
        subscriber.next('One ');
        return stopped;
      }),
  ],
  [
    'an async iterable',
    (stopped) => {
      let words = 0;
      const next = () => (words++ === 0 ? Promise.resolve({ value: 'One ' }) : forever());
      const stop = () => {
        stopped();
        return Promise.resolve({ done: true as const, value: undefined });
      };
      return { [Symbol.asyncIterator]: () => ({ next, return: stop }) };
    },
  ],
];

describe('a reply that is stopped', () => {
  it.each(KINDS)('is %s: its signal is aborted, and it is stopped, inside of what it runs in', async (_, make) => {
    let depth = 0;
    const told: [string, number][] = [];
    const makeReply = (signal: AbortSignal) => {
      signal.addEventListener('abort', () => told.push(['aborted', depth]));
      return make(() => told.push(['stopped', depth]));
    };
    const run = <T>(task: () => T): T => {
      depth++;
      try {
        return task();
      } finally {
        depth--;
      }
    };
    const reply = replyText(makeReply, run).subscribe();
    await Promise.resolve();
    reply.unsubscribe();
    expect(told).toEqual([['aborted', 1], ['stopped', 1]]);
  }); // prettier-ignore

  it.each(KINDS)('is %s: what it throws then is nobody’s concern', async (_, make) => {
    const makeReply = () =>
      make(() => {
        throw new Error('not to be stopped');
      });
    const reply = replyText(makeReply).subscribe();
    await Promise.resolve();
    expect(() => {
      reply.unsubscribe();
    }).not.toThrow();
  });

  it.each(KINDS)('is %s: by its first word', async (_, make) => {
    let stops = 0;
    const words: string[] = [];
    await new Promise<void>((complete) => {
      replyText(() => make(() => stops++))
        .pipe(take(1))
        .subscribe({ next: (word) => words.push(word), complete });
    });
    expect([words, stops]).toEqual([['One '], 1]);
  });
});
