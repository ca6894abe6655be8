import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameCutter } from './framing.js';

describe('FrameCutter', () => {
  it('cuts any pieces into whole frames and pads the last with silence', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 500 })),
        fc.integer({ min: 1, max: 170 }),
        (pieces, size) => {
          const cutter = new FrameCutter(size);
          const frames = pieces.flatMap((piece) => [...cutter.push(piece)]);
          const last = cutter.flush();
          if (last !== undefined) frames.push(last);
          const input = pieces.flatMap((piece) => [...piece]);
          const padding = frames.length * size - input.length;
          expect(frames.every((frame) => frame.length === size)).toBe(true);
          expect(frames.flatMap((frame) => [...frame])).toEqual([
            ...input,
            ...Array<number>(padding).fill(0xff),
          ]);
          expect(padding).toBeLessThan(size);
        },
      ),
    );
  });

  it('copies nothing when a push holds whole frames', () => {
    const bytes = new Uint8Array(480);
    const frames = [...new FrameCutter().push(bytes)];
    expect(frames.map((frame) => [frame.buffer === bytes.buffer, frame.byteOffset])).toEqual([
      [true, 0],
      [true, 160],
      [true, 320],
    ]);
  });

  it('forgets the tail when flushed or cleared, and refuses a length that is none', () => {
    const cutter = new FrameCutter(4);
    expect([...cutter.push(Uint8Array.of(1, 2))]).toEqual([]);
    expect(cutter.flush()).toEqual(Uint8Array.of(1, 2, 0xff, 0xff));
    expect(cutter.flush()).toBeUndefined();
    expect([...cutter.push(Uint8Array.of(1))]).toEqual([]);
    cutter.clear();
    expect(cutter.flush()).toBeUndefined();
    expect(() => new FrameCutter(0)).toThrow(RangeError);
  });
});
