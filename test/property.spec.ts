import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { play, script } from './support/fuzz.js';
import { REGRESSIONS } from './support/regressions.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2_000);
const SEED = process.env['FUZZ_SEED'] === undefined ? 20_261_123 : Number(process.env['FUZZ_SEED']);

describe('any interleaving of speech, silence, tokens, chunks, marks, clears, errors, keys and closes', () => {
  it(`keeps the rules (${RUNS} runs)`, async () => {
    await fc.assert(
      fc.asyncProperty(script, async (call) => {
        expect(await play(call)).toEqual([]);
      }),
      { numRuns: RUNS, seed: SEED, examples: REGRESSIONS.map((call) => [call]) },
    );
  }, 7_200_000);
});
