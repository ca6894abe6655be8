import { describe, expect, it } from '@jest/globals';
import { readMonoWav, writeWav } from './wav.js';

const samples = Int16Array.of(0, 1, -1, 32_767, -32_768);

describe('WAV', () => {
  it('gives back the mono samples it was given, also from within a larger buffer', () => {
    const file = writeWav([samples], 8000);
    expect(readMonoWav(file)).toEqual({ sampleRate: 8000, samples });
    const inside = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
    expect(readMonoWav(inside).samples).toEqual(samples);
  });

  it('interleaves channels and pads the shorter one', () => {
    const file = Buffer.from(writeWav([samples, Int16Array.of(7)], 16_000));
    expect(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ');
    expect([
      file.readUInt16LE(22),
      file.readUInt32LE(24),
      file.readUInt32LE(28),
      file.readUInt16LE(32),
    ]).toEqual([2, 16_000, 64_000, 4]);
    expect([file.readUInt32LE(4), file.readUInt32LE(40), file.length]).toEqual([56, 20, 64]);
    expect([0, 1, 2, 3, 4].map((i) => file.readInt16LE(44 + 2 * i))).toEqual([0, 7, 1, 0, -1]);
  });

  it('skips chunks it does not know and takes what is there of a cut-off file', () => {
    const file = Buffer.from(writeWav([samples], 8000));
    const extra = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
    expect(readMonoWav(Buffer.concat([file.subarray(0, 36), extra, file.subarray(36)])).samples).toEqual(
      samples,
    );
    expect(readMonoWav(file.subarray(0, 48)).samples).toEqual(samples.subarray(0, 2));
  });

  it('refuses what it cannot read', () => {
    expect(() => readMonoWav(new Uint8Array(5))).toThrow('Not a WAV file');
    expect(() => readMonoWav(writeWav([samples, samples], 8000))).toThrow('16-bit mono');
    expect(() => readMonoWav(writeWav([samples], 8000).subarray(0, 20))).toThrow('cut off');
    expect(() => readMonoWav(writeWav([samples], 8000).subarray(0, 36))).toThrow('no audio');
  });
});
