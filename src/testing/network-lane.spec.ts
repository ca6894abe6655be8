import { describe, expect, it } from '@jest/globals';
import { NetworkLane, type LaneOptions } from './network-lane.js';
import { seededRandom } from './random.js';
import { VirtualClock } from './virtual-clock.js';

async function travel(options: LaneOptions, during?: (lane: NetworkLane<number>, index: number) => void) {
  const clock = new VirtualClock();
  const arrived: { index: number; afterMs: number }[] = [];
  const lane = new NetworkLane<number>(clock, options, (index) =>
    arrived.push({ index, afterMs: clock.now() - index * 10 }),
  );
  for (let index = 0; index < 200; index++) {
    during?.(lane, index);
    lane.send(index);
    await clock.advance(10);
  }
  await clock.advance(1000);
  return arrived;
}

describe('NetworkLane', () => {
  it('delivers at once without delay', async () => {
    expect((await travel({})).every(({ afterMs }) => afterMs === 0)).toBe(true);
  });

  it('keeps the order and the range of the delay', async () => {
    const arrived = await travel({ delayMs: 40, jitterMs: 15, random: seededRandom(7) });
    const delays = arrived.map(({ afterMs }) => afterMs);
    expect(arrived.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(25);
    expect(Math.max(...delays)).toBeLessThanOrEqual(55);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(20);
  });

  it('holds up what is sent during a stall, then delivers it in order', async () => {
    const arrived = await travel({ delayMs: 40 }, (lane, index) => {
      if (index === 50) lane.stall(150);
    });
    expect(arrived.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect([49, 50, 51, 64, 65, 66].map((index) => arrived[index]!.afterMs)).toEqual([
      40, 190, 180, 50, 40, 40,
    ]);
  });
});
