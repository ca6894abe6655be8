import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { ExpiringKeys } from './expiring-keys.js';

describe('expiring keys', () => {
  it('are known for a while', async () => {
    const clock = new VirtualClock();
    const keys = new ExpiringKeys(clock, 1_000, 10);
    expect(keys.add('a')).toBe(true);
    await clock.advance(999);
    expect(keys.add('a')).toBe(false);
    await clock.advance(1);
    expect(keys.add('a')).toBe(true);
  });

  it('are never more than there is room for: the oldest go', () => {
    const keys = new ExpiringKeys(new VirtualClock(), 1_000, 3);
    for (const key of ['a', 'b', 'c', 'd', 'e']) keys.add(key);
    expect(keys.size).toBe(3);
    expect(keys.add('e')).toBe(false);
    expect(keys.add('a')).toBe(true);
  });
});
