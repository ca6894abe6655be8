import { describe, expect, it } from '@jest/globals';
import { DoneOnce } from './done-once.js';

describe('DoneOnce', () => {
  const at = (capacity: number) => {
    const time = { now: 0 };
    const done: string[] = [];
    const once = new DoneOnce<string>(() => time.now, capacity);
    const act = (id: string, expires: number) =>
      once.once(id, expires, () => {
        done.push(id);
        return `${id} done`;
      });
    return { time, done, once, act };
  };

  it('does a thing once, and gives its outcome again', () => {
    const { done, act } = at(10);
    expect([act('a', 100), act('a', 100), act('b', 100)]).toEqual(['a done', 'a done', 'b done']);
    expect(done).toEqual(['a', 'b']);
  });

  it('does nothing that has expired', () => {
    const { time, done, act } = at(10);
    time.now = 100;
    expect(act('a', 100)).toBeUndefined();
    expect(done).toEqual([]);
  });

  it('rather does nothing than something twice, and has room again when others have expired', () => {
    const { time, done, once, act } = at(2);
    act('a', 100);
    act('b', 200);
    expect(act('c', 300)).toBeUndefined();
    expect(act('a', 100)).toBe('a done');
    time.now = 150;
    expect(act('c', 300)).toBe('c done');
    expect(done).toEqual(['a', 'b', 'c']);
    expect(once.size).toBe(2);
  });

  it('keeps no more than has not expired, however much comes', () => {
    const { time, once, act } = at(100_000);
    for (; time.now < 60_000; time.now += 10) act(`${time.now}`, time.now + 2_000);
    expect(once.size).toBeLessThanOrEqual(200);
  });
});
