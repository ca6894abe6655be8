import { beforeEach, describe, expect, it } from '@jest/globals';
import { SharedMemory } from '../../test/support/shared-memory/shared-memory.js';
import { MemoryStore } from '../sharing/memory-store.js';
import { digest } from '../sharing/shared-store.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { SharedCallerRates } from './caller-rates.js';

const rate = { most: 2, withinMs: 60_000 };

describe('The rates of callers', () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  let rates: SharedCallerRates;
  beforeEach(() => {
    clock = new VirtualClock();
    store = new MemoryStore(clock);
    rates = new SharedCallerRates(store, clock);
  });

  const taken = async (caller: string, ...calls: string[]) => {
    const results: boolean[] = [];
    for (const call of calls) results.push(await rates.take(caller, call, rate));
    return results;
  };

  it('let in as many calls of a caller as may be, and each caller for itself', async () => {
    expect(await taken('anna', 'CA1', 'CA2', 'CA3')).toEqual([true, true, false]);
    expect(await taken('bert', 'CA4')).toEqual([true]);
  });

  it('count a call once, however often it is asked about', async () => {
    expect(await taken('anna', 'CA1', 'CA1', 'CA1', 'CA2')).toEqual(Array(4).fill(true));
    expect(await taken('anna', 'CA3')).toEqual([false]);
  });

  it('let a call in again when the oldest one counts no more, to the millisecond', async () => {
    await taken('anna', 'CA1');
    await clock.advance(10_000);
    await taken('anna', 'CA2');
    await clock.advance(49_999);
    expect(await taken('anna', 'CA3')).toEqual([false]);
    await clock.advance(1);
    expect(await taken('anna', 'CA3', 'CA4')).toEqual([true, false]);
  });

  it('do not count what they refuse: a caller who keeps trying is let in at the same time', async () => {
    await taken('anna', 'CA1', 'CA2');
    for (let second = 0; second < 59; second++) {
      await clock.advance(1_000);
      expect(await taken('anna', `CA-${second}`)).toEqual([false]);
    }
    await clock.advance(1_000);
    expect(await taken('anna', 'CA3')).toEqual([true]);
  });

  it('let nobody in at a rate of none, and remember nothing of it', async () => {
    expect(await rates.take('anna', 'CA1', { most: 0, withinMs: 60_000 })).toBe(false);
    expect(store.size).toBe(0);
  });

  it('remember nothing where there is no limit', async () => {
    const unlimited = { most: Infinity, withinMs: 60_000 };
    for (let call = 0; call < 100; call++)
      expect(await rates.take('anna', `CA${call}`, unlimited)).toBe(true);
    await rates.giveBack('anna', 'CA1', unlimited);
    expect(store.size).toBe(0);
  });

  it('forget callers whose calls count no more', async () => {
    for (let caller = 0; caller < 100; caller++) await taken(`caller ${caller}`, 'CA1');
    expect(store.size).toBe(100);
    await clock.advance(60_000);
    await taken('anna', 'CA1');
    expect(store.size).toBe(1);
  });

  it('count no call that is given back, and give back no other', async () => {
    await taken('anna', 'CA1', 'CA2');
    await rates.giveBack('anna', 'CA9', rate);
    expect(await taken('anna', 'CA3')).toEqual([false]);
    await rates.giveBack('anna', 'CA1', rate);
    expect(await taken('anna', 'CA3', 'CA4')).toEqual([true, false]);
    await rates.giveBack('anna', 'CA2', rate);
    await rates.giveBack('anna', 'CA3', rate);
    expect([await taken('anna', 'CA5'), store.size]).toEqual([[true], 1]);
  });

  it.each([
    ['at once', () => store],
    ['a moment late', (memory: SharedMemory) => memory.instance().store],
  ])('hold for all instances together, at the same time, if the store answers %s', async (_, of) => {
    const memory = new SharedMemory(clock);
    const instances = [1, 2, 3].map(() => new SharedCallerRates(of(memory), clock));
    const taken = Promise.all(
      Array.from({ length: 30 }, (_, call) => instances[call % 3]!.take('anna', `CA${call}`, rate)),
    );
    await clock.advance(1_000);
    expect((await taken).filter((isIn) => isIn)).toHaveLength(2);
  });

  it('write no telephone number and no call into the store', async () => {
    const written: string[] = [];
    const { update } = store;
    store.update = (key, ttlMs, change) =>
      update.call(store, key, ttlMs, (old) => {
        const changed = change(old);
        written.push(key, String(changed.value));
        return changed;
      }) as never;
    await rates.take('+4930123456', 'CA123', rate);
    expect(written).toHaveLength(2);
    expect(written.join()).not.toMatch(/4930123456|CA123/);
  });

  it.each(['', '{', 'null', '{}', '[1,[2],["x"]]'])('begin anew where the store has %j', async (value) => {
    await taken('anna', 'CA1', 'CA2');
    await store.put(`rate:${digest('anna')}`, value, 1_000);
    expect(await taken('anna', 'CA3')).toEqual([true]);
  });
});
