import { describe, expect, it } from '@jest/globals';
import { Resampler } from './resampler.js';

const AMPLITUDE = 10_000;
const tone = (hz: number, rate: number, length: number) =>
  Float32Array.from({ length }, (_, index) => AMPLITUDE * Math.sin((2 * Math.PI * hz * index) / rate));

const whole = (samples: Float32Array | Int16Array, from: number, to: number): number[] => {
  const resampler = new Resampler(from, to);
  return [...resampler.process(samples), ...resampler.flush()];
};

const power = (samples: readonly number[]) =>
  samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length;
const middle = (samples: readonly number[]) => samples.slice(400, -400);
const rates = [16_000, 22_050, 24_000];

describe('Resampler', () => {
  it.each(rates)('keeps a 1 kHz tone from %d Hz to 8 kHz, in place, at 80 dB or better', (rate) => {
    const output = whole(tone(1000, rate, rate), rate, 8000);
    const ideal = tone(1000, 8000, output.length);
    const error = output.map((sample, index) => sample - ideal[index]!);
    expect(10 * Math.log10(power(middle([...ideal])) / power(middle(error)))).toBeGreaterThan(80);
  });

  it.each(rates)('keeps 3.3 kHz and rejects what would alias from %d Hz to 8 kHz', (rate) => {
    const level = (hz: number) =>
      10 * Math.log10(power(middle(whole(tone(hz, rate, rate), rate, 8000))) / (AMPLITUDE ** 2 / 2));
    expect(Math.abs(level(3300))).toBeLessThan(0.2);
    for (let hz = 4500; hz <= 7000; hz += 250) expect(level(hz)).toBeLessThan(-55);
  });

  it('raises the rate without images', () => {
    const output = whole(tone(1000, 8000, 8000), 8000, 16_000);
    const ideal = tone(1000, 16_000, output.length);
    const error = output.map((sample, index) => sample - ideal[index]!);
    expect(10 * Math.log10(power(middle([...ideal])) / power(middle(error)))).toBeGreaterThan(80);
  });

  it.each([...rates, 8000, 44_100])('gives the same samples however %d Hz input is cut', (rate) => {
    const input = tone(700, rate, 5000);
    const resampler = new Resampler(rate, 8000);
    const parts: number[] = [];
    for (let at = 0, size = 0; at < input.length; at += size, size = (size * 7 + 3) % 613)
      parts.push(...resampler.process(input.subarray(at, at + size)));
    parts.push(...resampler.flush());
    expect(parts).toEqual(whole(input, rate, 8000));
  });

  it('gives ceil(samples * to / from) samples and starts anew after the flush', () => {
    const cases: [number, number][] = [
      [16_000, 8000],
      [22_050, 8000],
      [24_000, 8000],
      [8000, 16_000],
      [8000, 8000],
    ];
    for (const [from, to] of cases) {
      const resampler = new Resampler(from, to);
      for (const length of [0, 1, 2, 159, 160, 4410, 7001]) {
        const output = [...resampler.process(new Int16Array(length).fill(1000)), ...resampler.flush()];
        expect(output).toHaveLength(Math.ceil((length * to) / from));
      }
    }
  });

  it('refuses rates that are none', () => {
    expect(() => new Resampler(0, 8000)).toThrow(RangeError);
    expect(() => new Resampler(8000, 0.5)).toThrow(RangeError);
  });
});
