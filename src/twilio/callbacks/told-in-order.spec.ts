import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { ToldInOrder } from './told-in-order.js';

describe('what several instances tell of a call', () => {
  const begin = () => {
    const clock = new VirtualClock();
    const order = new ToldInOrder(clock);
    const told: string[] = [];
    const tell = (first: number | undefined, count = 1) => {
      order.add({ first, count, emit: () => told.push(`${first} ${count}`) });
    };
    return { clock, order, told, tell };
  };

  it('is let through in its order', () => {
    const { clock, told, tell } = begin();
    tell(3);
    tell(1, 2);
    expect(told).toEqual([]);
    tell(0);
    expect(told).toEqual(['0 1', '1 2', '3 1']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes no place where another telling takes it, and waits for nothing where it has none', () => {
    const { told, tell } = begin();
    tell(1, 0);
    tell(undefined);
    tell(0, 0);
    tell(0);
    expect(told).toEqual(['undefined 1', '0 0', '0 1', '1 0']);
  });

  it('is waited for a second, and a moment more for each further one', async () => {
    const { clock, told, tell } = begin();
    tell(1);
    tell(4);
    await clock.advance(999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['1 1']);
    await clock.advance(1_249);
    expect(told).toHaveLength(1); // two are missing
    await clock.advance(1);
    expect(told).toEqual(['1 1', '4 1']);
    tell(3);
    expect(told).toHaveLength(3); // late, and told all the same
  });

  it('is waited for anew behind one that came', async () => {
    const { clock, told, tell } = begin();
    tell(1);
    await clock.advance(900);
    tell(3);
    tell(0);
    expect(told).toEqual(['0 1', '1 1']);
    await clock.advance(999);
    expect(told).toHaveLength(2);
    await clock.advance(1);
    expect(told).toEqual(['0 1', '1 1', '3 1']);
  });

  it('is not lost when its call is forgotten', () => {
    const { clock, order, told, tell } = begin();
    tell(2);
    tell(1);
    order.stop();
    expect([told, clock.pendingTimers]).toEqual([['1 1', '2 1'], 0]);
  });
});
