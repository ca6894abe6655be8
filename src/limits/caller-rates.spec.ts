import { beforeEach, describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/virtual-clock.js';
import { MemoryCallerRates } from './caller-rates.js';

const rate = { most: 2, withinMs: 60_000 };

describe('The rates of callers in memory', () => {
  let clock: VirtualClock;
  let rates: MemoryCallerRates;
  beforeEach(() => {
    clock = new VirtualClock();
    rates = new MemoryCallerRates(clock);
  });

  it('let in as many calls of a caller as may be, and each caller for itself', () => {
    expect(['CA1', 'CA2', 'CA3'].map((call) => rates.take('anna', call, rate))).toEqual([true, true, false]);
    expect(rates.take('bert', 'CA4', rate)).toBe(true);
  });

  it('count a call once, however often it is asked about', () => {
    expect(['CA1', 'CA1', 'CA1', 'CA2'].map((call) => rates.take('anna', call, rate))).toEqual(
      Array(4).fill(true),
    );
    expect(rates.take('anna', 'CA3', rate)).toBe(false);
  });

  it('let a call in again when the oldest one counts no more, to the millisecond', async () => {
    rates.take('anna', 'CA1', rate);
    await clock.advance(10_000);
    rates.take('anna', 'CA2', rate);
    await clock.advance(49_999);
    expect(rates.take('anna', 'CA3', rate)).toBe(false);
    await clock.advance(1);
    expect(rates.take('anna', 'CA3', rate)).toBe(true);
    expect(rates.take('anna', 'CA4', rate)).toBe(false);
  });

  it('do not count what they refuse: a caller who keeps trying is let in at the same time', async () => {
    rates.take('anna', 'CA1', rate);
    rates.take('anna', 'CA2', rate);
    for (let second = 0; second < 59; second++) {
      await clock.advance(1_000);
      expect(rates.take('anna', `CA-${second}`, rate)).toBe(false);
    }
    await clock.advance(1_000);
    expect(rates.take('anna', 'CA3', rate)).toBe(true);
  });

  it('let nobody in at a rate of none, and remember nothing of it', () => {
    expect(rates.take('anna', 'CA1', { most: 0, withinMs: 60_000 })).toBe(false);
    expect(rates.size).toBe(0);
  });

  it('remember nothing where there is no limit', () => {
    const unlimited = { most: Infinity, withinMs: 60_000 };
    for (let call = 0; call < 100; call++) expect(rates.take('anna', `CA${call}`, unlimited)).toBe(true);
    expect([rates.size, rates.isReached('anna', unlimited)]).toEqual([0, false]);
  });

  it('tell whether another call would be refused, and count none for it', () => {
    expect([rates.isReached('anna', rate), rates.size]).toEqual([false, 0]);
    rates.take('anna', 'CA1', rate);
    expect(rates.isReached('anna', rate)).toBe(false);
    rates.take('anna', 'CA2', rate);
    expect(rates.isReached('anna', rate)).toBe(true);
  });

  it('forget callers whose calls count no more', async () => {
    for (let caller = 0; caller < 100; caller++) rates.take(`caller ${caller}`, 'CA1', rate);
    expect(rates.size).toBe(100);
    await clock.advance(60_000);
    rates.take('anna', 'CA1', rate);
    expect(rates.size).toBe(1);
  });

  it('remember 10,000 callers and no more: whoever has not called for longest is forgotten', () => {
    const full = { most: 1, withinMs: 60_000 };
    for (let caller = 0; caller < 10_000; caller++) rates.take(`caller ${caller}`, 'CA1', full);
    expect(rates.take('caller 9999', 'CA2', full)).toBe(false);
    for (let caller = 0; caller < 5_000; caller++) rates.take(`newcomer ${caller}`, 'CA1', full);
    expect(rates.size).toBe(10_000);
    expect(rates.take('caller 9999', 'CA3', full)).toBe(false);
    expect(rates.take('caller 0', 'CA2', full)).toBe(true);
  });

  it('remember a caller who has called again longer than those who have not', () => {
    for (let caller = 0; caller < 10_000; caller++) rates.take(`caller ${caller}`, 'CA1', rate);
    rates.take('caller 9000', 'CA2', rate);
    for (let caller = 0; caller < 9_500; caller++) rates.take(`newcomer ${caller}`, 'CA1', rate);
    expect(rates.take('caller 9000', 'CA3', rate)).toBe(false);
    expect(rates.take('caller 9001', 'CA3', rate)).toBe(true);
    expect(rates.take('caller 9001', 'CA4', rate)).toBe(true); // was forgotten
  });
});
