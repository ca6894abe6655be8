import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { callerTrack, PHRASES, REFERENCE } from '../../../test/support/speech.js';
import { decodeMuLaw } from '../../audio/mu-law.js';
import { plainKernel, simdKernel, type DenseKernel } from './dense.js';
import { SileroDetector } from './silero-detector.js';
import { SileroNetwork, SileroState, WINDOW_SAMPLES } from './silero-network.js';

const SAMPLES = decodeMuLaw(callerTrack());
const WINDOWS = Math.floor(SAMPLES.length / WINDOW_SAMPLES);
const window = (index: number) =>
  Float32Array.from(
    SAMPLES.subarray(index * WINDOW_SAMPLES, (index + 1) * WINDOW_SAMPLES),
    (sample) => sample / 32_768,
  );
const simd = (floats: number): DenseKernel => simdKernel(floats)!;
const network = new SileroNetwork();

function probabilities(of: SileroNetwork): number[] {
  const state = new SileroState();
  return Array.from({ length: WINDOWS }, (_, index) => of.run(window(index), state));
}

function detected(
  samples: Int16Array,
  sizes: readonly number[] = [160],
  detector = new SileroDetector(network),
) {
  const found: number[] = [];
  for (let at = 0, turn = 0; at < samples.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 160;
    detector.process(samples.subarray(at, at + size), (probability) => found.push(probability));
    at += size;
  }
  return found;
}

describe('the Silero network', () => {
  it.each([
    ['SIMD', simd],
    ['plain JavaScript', plainKernel],
  ])('gives the reference’s probabilities within 1e-4, computed with %s', (_, kernel) => {
    const ours = probabilities(new SileroNetwork(kernel));
    expect(REFERENCE).toHaveLength(WINDOWS);
    expect(Math.max(...REFERENCE)).toBeGreaterThan(0.95);
    const worst = Math.max(...ours.map((probability, index) => Math.abs(probability - REFERENCE[index]!)));
    expect(worst).toBeLessThan(1e-4);
  });

  it('computes with SIMD here, and without where WebAssembly with SIMD cannot be compiled', () => {
    expect(network.kernelName).toBe('simd');
    expect(simdKernel(16, 'AGFzbQ==')).toBeUndefined();
    const compile = jest.spyOn(WebAssembly, 'Module').mockImplementation(() => {
      throw new WebAssembly.CompileError('no SIMD');
    });
    expect(new SileroNetwork().kernelName).toBe('plain');
    compile.mockRestore();
  });

  it('carries the kernel that dense.wat gives', () => {
    expect(() =>
      execFileSync(process.execPath, ['scripts/silero/build-kernel.mjs', '--check']),
    ).not.toThrow();
  });

  it('keeps callers apart who take turns on it', () => {
    const alone = probabilities(network);
    const states = Array.from({ length: 3 }, () => new SileroState());
    for (let index = 0; index < 200; index++)
      states.forEach((state, caller) => {
        const shifted = (index + 7 * caller) % WINDOWS;
        const probability = network.run(window(shifted), state);
        if (caller === 0) expect(probability).toBe(alone[index]);
      });
  });

  it('makes no garbage: 300 callers in turn leave the heap as it was', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const states = Array.from({ length: 300 }, () => new SileroState());
    const sounds = Array.from({ length: 20 }, (_, index) => window(40 + index));
    const round = () => {
      for (const sound of sounds) for (const state of states) network.run(sound, state);
    };
    round();
    collect();
    const before = process.memoryUsage().heapUsed;
    round();
    const uncollected = process.memoryUsage().heapUsed - before;
    collect();
    const kept = process.memoryUsage().heapUsed - before;
    expect(kept).toBeLessThan(100_000);
    expect(uncollected / (sounds.length * states.length)).toBeLessThan(200); // one Float32Array(128) has more
  });
});

describe('the Silero detector', () => {
  it('finds the same in frames of any length', () => {
    const expected = detected(SAMPLES);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        expect(detected(SAMPLES, sizes)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  it('tells the level of each window, dBFS', () => {
    const levels: number[] = [];
    const tone = Int16Array.from({ length: 512 }, (_, index) =>
      index < 256 ? 0 : Math.round(3_276.8 * Math.SQRT2 * Math.sin(index * (Math.PI / 16))),
    );
    new SileroDetector(network).process(tone, (_, level) => levels.push(level));
    expect(levels).toEqual([-96, expect.closeTo(-20, 1)]);
  });

  it('hears every phrase: two windows of three are speech', () => {
    const found = detected(SAMPLES);
    for (const { onsetMs, endMs } of PHRASES) {
      const during = found.slice(Math.ceil(onsetMs / 32), Math.floor(endMs / 32));
      expect(during.filter((probability) => probability >= 0.5).length).toBeGreaterThan(
        (during.length * 2) / 3,
      );
    }
  });

  it('does not work in long digital silence, and does not forget what it knew before', () => {
    const detector = new SileroDetector(network);
    const run = jest.spyOn(network, 'run');
    const phrase = SAMPLES.subarray(PHRASES[2]!.onsetMs * 8, PHRASES[2]!.onsetMs * 8 + 40 * WINDOW_SAMPLES);
    detected(phrase, [160], detector);
    const silence = new Int16Array(100 * WINDOW_SAMPLES);
    expect(detected(silence, [160], detector).slice(10)).toEqual(new Array(90).fill(0));
    expect(run).toHaveBeenCalledTimes(50);
    const state = run.mock.calls[0]![1];
    const [hidden, cell] = [Float32Array.from(state.hidden), Float32Array.from(state.cell)];
    detected(silence, [160], detector);
    expect([state.hidden, state.cell]).toEqual([hidden, cell]);
    expect(Math.max(...cell)).toBeGreaterThan(0.1);
    run.mockRestore();
  });

  it('forgets everything when reset', () => {
    const detector = new SileroDetector(network);
    const fresh = detected(SAMPLES);
    detected(SAMPLES.subarray(0, 50_123), [160], detector);
    detector.reset();
    expect(detected(SAMPLES, [160], detector)).toEqual(fresh);
  });
});
