import { describe, expect, it } from '@jest/globals';
import { toArray } from 'rxjs';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { PressedKeys } from './pressed-keys.js';
import type { CollectedKeys, KeysToCollect } from './sensitive.js';

/** Presses each key of the text 100 ms after the one before; a space is a wait of 5 s. */
async function collected(
  text: string,
  what?: KeysToCollect,
  before = '',
): Promise<CollectedKeys | undefined> {
  const clock = new VirtualClock();
  const keys = new PressedKeys(clock);
  for (const key of before) keys.press(key);
  let result: CollectedKeys | undefined;
  void keys.collect(what).then((ended) => (result = ended));
  for (const key of text) {
    await clock.advance(key === ' ' ? 5_000 : 100);
    if (key !== ' ') keys.press(key);
  }
  await clock.advance(0);
  return result;
}

describe('keys that are collected', () => {
  it.each<[string, KeysToCollect | undefined, CollectedKeys | undefined]>([
    ['1234#', undefined, { digits: '1234', ended: 'finished' }],
    ['1234#5', undefined, { digits: '1234', ended: 'finished' }],
    ['12*4', { finishOn: '*' }, { digits: '12', ended: 'finished' }],
    ['1234', { most: 4 }, { digits: '1234', ended: 'finished' }],
    ['12#4', { finishOn: '', most: 4 }, { digits: '12#4', ended: 'finished' }],
    ['#', undefined, { digits: '', ended: 'finished' }],
    ['12', undefined, undefined],
    ['12 3 4 5', undefined, undefined], // each key starts the wait anew
    ['12  ', undefined, { digits: '12', ended: 'timeout' }],
    ['  ', undefined, { digits: '', ended: 'timeout' }],
    ['1 ', { timeoutMs: 4_000 }, { digits: '1', ended: 'timeout' }],
  ])('from "%s", asked for as %j', async (text, what, result) => {
    expect(await collected(text, what)).toEqual(result);
  });

  it('count from the beginning of the stretch, and those that were not taken are left for the next number', async () => {
    expect(await collected('34#', undefined, '12')).toEqual({ digits: '1234', ended: 'finished' });
    const keys = new PressedKeys(new VirtualClock());
    for (const key of '12#34#') keys.press(key);
    expect(await keys.collect()).toEqual({ digits: '12', ended: 'finished' });
    expect(await keys.collect()).toEqual({ digits: '34', ended: 'finished' });
  });

  it('are a part when the stretch or the call ends first, and there are none after that', async () => {
    const clock = new VirtualClock();
    const keys = new PressedKeys(clock);
    const result = keys.collect();
    keys.press('7');
    keys.close();
    expect(await result).toEqual({ digits: '7', ended: 'closed' });
    expect(await keys.collect()).toEqual({ digits: '', ended: 'closed' });
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[KeysToCollect, string]>([
    [{ finishOn: '##' }, 'finishOn'],
    [{ finishOn: 'x' }, 'finishOn'],
    [{ most: 0 }, 'most'],
    [{ most: 1.5 }, 'most'],
    [{ most: 1_000 }, 'most'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: NaN }, 'timeoutMs'],
  ])('are not asked for as %j', async (what, name) => {
    const keys = new PressedKeys(new VirtualClock());
    await expect(keys.collect(what)).rejects.toThrow(RangeError);
    await expect(keys.collect(what)).rejects.toThrow(name);
  });

  it('can be had one by one', () => {
    const keys = new PressedKeys(new VirtualClock());
    const seen: string[][] = [];
    keys.press('1');
    keys.digits$.pipe(toArray()).subscribe((all) => seen.push(all));
    keys.press('2');
    keys.close();
    expect(seen).toEqual([['1', '2']]);
  });
});
