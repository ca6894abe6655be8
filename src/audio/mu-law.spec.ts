import { describe, expect, it } from '@jest/globals';
import { decodeMuLaw, encodeMuLaw, MU_LAW_SILENCE } from './mu-law.js';

const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code);

/** G.711 table 2a: the decision value at which each segment begins, on the 16-bit scale. */
const segmentStarts = [0, 124, 380, 892, 1916, 3964, 8060, 16252];

describe('mu-law', () => {
  it('has the values of G.711 at the ends of its segments', () => {
    expect([
      ...decodeMuLaw(Uint8Array.of(0x80, 0x00, 0xff, 0x7f, 0xfe, 0x7e, 0xf0, 0xe0, 0xc0, 0xa0)),
    ]).toEqual([32124, -32124, 0, 0, 8, -8, 120, 372, 1884, 7932]);
    segmentStarts.forEach((start, segment) => {
      const [below, at] = encodeMuLaw([Math.max(0, start - 1), start]);
      expect(at! >> 4).toBe(0xf - segment);
      if (segment > 0) expect(below! >> 4).toBe(0x10 - segment);
    });
  });

  it('encodes each decoded code to itself; both zeros become the positive one', () => {
    const expected = allCodes.map((code) => (code === 0x7f ? 0xff : code));
    expect(encodeMuLaw(decodeMuLaw(allCodes))).toEqual(expected);
  });

  it('is at most half a step of its segment off, and clips', () => {
    for (let sample = -32_600; sample <= 32_600; sample++) {
      const code = encodeMuLaw([sample]);
      const halfStep = 4 << (7 - ((code[0]! >> 4) & 7));
      if (Math.abs(decodeMuLaw(code)[0]! - sample) > halfStep)
        throw new Error(`${sample} is coded as ${code[0]!}`);
    }
    expect([...encodeMuLaw([32_767, 1e9, -32_768, -1e9, 0])]).toEqual([
      0x80,
      0x80,
      0x00,
      0x00,
      MU_LAW_SILENCE,
    ]);
  });

  it('fills the buffer it is given', () => {
    const samples = new Int16Array(256);
    expect(decodeMuLaw(allCodes, samples)).toBe(samples);
    const bytes = new Uint8Array(256);
    expect(encodeMuLaw(samples, bytes)).toBe(bytes);
    expect(encodeMuLaw(new Float32Array([0.4, -0.4]))).toEqual(Uint8Array.of(0xff, 0xff));
  });
});
