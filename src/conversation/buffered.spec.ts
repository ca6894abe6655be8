import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Buffered } from './buffered.js';

function setUp() {
  const source = new Subject<number>();
  const buffered = new Buffered(source);
  const told: unknown[] = [];
  const listen = (next: (value: number) => void = () => undefined) =>
    buffered.values$.subscribe({
      next: (value) => {
        told.push(value);
        next(value);
      },
      error: (error) => told.push(error),
      complete: () => told.push('complete'),
    });
  return { source, buffered, told, listen };
}

describe('what comes before anybody listens', () => {
  it('is told first, then the rest as it comes', () => {
    const { source, told, listen } = setUp();
    source.next(1);
    source.next(2);
    listen();
    source.next(3);
    source.complete();
    expect(told).toEqual([1, 2, 3, 'complete']);
  });

  it('is told in order, also when more comes meanwhile', () => {
    const { source, told, listen } = setUp();
    source.next(1);
    source.next(2);
    listen((value) => {
      if (value === 1) source.next(3);
    });
    expect(told).toEqual([1, 2, 3]);
  });

  it.each(['complete', 'error'] as const)('may be all there is: %s', (end) => {
    const { source, buffered, told, listen } = setUp();
    source.next(1);
    if (end === 'complete') source.complete();
    else source.error('broken');
    expect(buffered.failed).toBe(end === 'error');
    listen();
    expect(told).toEqual([1, end === 'complete' ? 'complete' : 'broken']);
  });

  it('stops with its listener, or when it is stopped before there is one', () => {
    const first = setUp();
    first.listen().unsubscribe();
    const second = setUp();
    second.buffered.stop();
    expect([first.source.observed, second.source.observed]).toEqual([false, false]);
  });

  it('is not kept once it was told: an answer may be long', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const source = new Subject<object>();
    const subscription = new Buffered(source).values$.subscribe();
    const give = () => {
      const chunk = {};
      source.next(chunk);
      return new WeakRef(chunk);
    };
    const given = give();
    await new Promise((resolve) => setTimeout(resolve, 1));
    collect();
    expect(given.deref()).toBeUndefined();
    subscription.unsubscribe();
  });
});
