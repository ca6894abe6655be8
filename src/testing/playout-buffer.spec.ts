import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlayoutBuffer } from './playout-buffer.js';
import { VirtualClock } from './virtual-clock.js';

const sound = (ms: number, value = 0x20) => new Uint8Array(ms * 8).fill(value);

describe('PlayoutBuffer', () => {
  let clock: VirtualClock;
  let echoes: { name: string; atMs: number }[];
  let buffer: PlayoutBuffer;

  beforeEach(() => {
    clock = new VirtualClock();
    echoes = [];
    buffer = new PlayoutBuffer(clock, (name) => echoes.push({ name, atMs: clock.now() }));
  });

  it('returns a mark at once when nothing is queued', () => {
    buffer.mark('empty');
    expect(echoes).toEqual([{ name: 'empty', atMs: 0 }]);
  });

  it('returns a mark at the very millisecond it is reached', async () => {
    await clock.advance(12.5);
    buffer.push(sound(100));
    buffer.mark('a');
    buffer.push(sound(33));
    buffer.mark('b');
    await clock.advance(1000);
    expect(echoes).toEqual([
      { name: 'a', atMs: 112.5 },
      { name: 'b', atMs: 145.5 },
    ]);
  });

  it('plays audio that answers an echo behind the audio during whose arrival the echo came', async () => {
    buffer = new PlayoutBuffer(clock, () => {
      buffer.push(sound(20, 0x22));
    });
    // The mark's own timer does not come: a busy machine may be that late.
    clock.after = () => () => undefined;
    buffer.push(sound(20, 0x20));
    buffer.mark('a');
    await clock.advance(20);
    expect(buffer.heldMs).toBe(0);
    buffer.push(sound(20, 0x21));
    await clock.advance(100);
    const heard = buffer.heardBytes();
    expect([0, 20, 40].map((ms) => heard[ms * 8])).toEqual([0x20, 0x21, 0x22]);
  });

  it('returns all pending marks on clear, at once, in order, without a flag, and drops the audio', async () => {
    buffer.push(sound(100));
    buffer.mark('a');
    buffer.push(sound(100));
    buffer.mark('b');
    await clock.advance(50);
    buffer.clear();
    expect(echoes).toEqual([
      { name: 'a', atMs: 50 },
      { name: 'b', atMs: 50 },
    ]);
    await clock.advance(1000);
    expect(buffer.heard).toEqual([{ startMs: 0, endMs: 50 }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('plays what arrives after a clear', async () => {
    buffer.push(sound(100));
    await clock.advance(40);
    buffer.clear();
    buffer.push(sound(30, 0x11));
    await clock.advance(100);
    expect(buffer.heardBytes()).toEqual(Uint8Array.from([...sound(40), ...sound(30, 0x11)]));
  });

  it('tells what is held, and the most that ever was', async () => {
    buffer.push(sound(300));
    await clock.advance(100);
    expect(buffer.heldMs).toBe(200);
    buffer.push(sound(50));
    expect([buffer.heldMs, buffer.peakHeldMs]).toEqual([250, 300]);
    buffer.resetPeak();
    expect(buffer.peakHeldMs).toBe(250);
  });

  it('plays exactly 8000 samples a second over minutes, whatever the clock steps', async () => {
    buffer.push(sound(180_000));
    buffer.mark('end');
    const step = 1000 / 7.3;
    for (let count = 0; count < 900; count++) {
      await clock.advance(step);
      expect(Math.abs(buffer.heardBytes().length - clock.now() * 8)).toBeLessThanOrEqual(1);
    }
    await clock.advance(180_000 - clock.now());
    expect(echoes).toEqual([{ name: 'end', atMs: 180_000 }]);
  }, 90_000);

  it('plays everything once, in order, for any chunk sizes and bursts, and hears silence in the gaps', async () => {
    const bursts = fc.array(
      fc.record({
        waitMs: fc.double({ min: 0, max: 90, noNaN: true }),
        bytes: fc.integer({ min: 0, max: 900 }),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(bursts, async (parts) => {
        const own = new VirtualClock();
        const played = new PlayoutBuffer(own, () => undefined);
        const sent: number[] = [];
        for (const { waitMs, bytes } of parts) {
          await own.advance(waitMs);
          const audio = Uint8Array.from({ length: bytes }, (_, index) => (sent.length + index) % 120);
          sent.push(...audio);
          played.push(audio);
        }
        await own.advance(2000);
        expect([...played.heardBytes()]).toEqual(sent);
        expect([...played.heardAudio(0, own.now())].filter((byte) => byte !== 0xff)).toEqual(sent);
        const total = played.heard.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
        expect(total).toBeCloseTo(sent.length / 8, 6);
      }),
      { numRuns: 40 },
    );
  });
});
