import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/virtual-clock.js';
import { MemoryDirectory } from './memory-directory.js';
import { MemoryStore } from './memory-store.js';
import { callKey } from './shared-store.js';

describe('MemoryStore', () => {
  it('forgets by its clock, to the millisecond', async () => {
    const clock = new VirtualClock();
    const store = new MemoryStore(clock);
    await store.put('a', 'x', 100);
    await clock.advance(99);
    expect(await store.get('a')).toBe('x');
    await clock.advance(1);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.take('a')).toBeUndefined();
    expect(await store.add('a', 1)).toBe(true);
  });

  it('stays within its capacity: the entry that was written first goes', async () => {
    const clock = new VirtualClock();
    const store = new MemoryStore(clock, 3);
    for (const key of ['a', 'b', 'c']) await store.put(key, key, 1_000);
    await store.update('a', 1_000, () => ({ value: 'again', result: 0 }));
    await store.put('d', 'd', 1_000);
    expect(store.size).toBe(3);
    expect(await store.get('b')).toBeUndefined();
    expect(await store.get('a')).toBe('again');
  });

  it('does not keep what has expired for ever', async () => {
    const clock = new VirtualClock();
    const store = new MemoryStore(clock);
    for (let each = 0; each < 1_000; each++) await store.add(`old ${each}`, 1_000);
    await clock.advance(60_000);
    await store.add('new', 1_000);
    expect(store.size).toBe(1);
  });
});

describe('MemoryDirectory', () => {
  it('stays within its capacity', async () => {
    const directory = new MemoryDirectory(new VirtualClock(), 'me', 2);
    for (const callSid of ['a', 'b', 'c']) await directory.enter(callSid);
    expect((await directory.list()).map(({ callSid }) => callSid)).toEqual(['b', 'c']);
  });
});

describe('callKey', () => {
  it.each([
    ['CA123', '{CA123}:outcome'],
    ['}{', /^\{[\w-]{22}\}:outcome$/],
    ['x'.repeat(5_000), /^\{[\w-]{22}\}:outcome$/],
    ['', /^\{[\w-]{22}\}:outcome$/],
  ])('is short, with the call in braces: %.20s', (callSid, key) => {
    expect(callKey(callSid, 'outcome')).toMatch(typeof key === 'string' ? new RegExp(`^\\${key}$`) : key);
  });
});
