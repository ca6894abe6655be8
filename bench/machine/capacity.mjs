import { run } from './run.mjs';

const MAX_CLEAR_P99_MS = 10;

/**
 * How many calls one core carries: the steps are tried in order up to the first that fails twice.
 * @returns the runs, and the largest number of calls that passed
 */
export async function findCapacity({ steps, ...what }, told) {
  const runs = [];
  let capacity = 0;
  for (const count of steps) {
    let passed = false;
    for (let round = 1; round <= 2 && !passed; round++) {
      const result = { round, ...(await run({ ...what, count })) };
      passed = passes(result);
      runs.push({ ...result, passed });
      told(result, passed);
    }
    if (!passed) break;
    capacity = count;
  }
  return { runs, capacity };
}

/** A run that says nothing about the server has not passed either. */
function passes(result) {
  const { error, void: isVoid, clear, missed, underruns, socketErrors } = result;
  if (error !== undefined || isVoid || clear.count === 0) return false;
  return clear.p99 <= MAX_CLEAR_P99_MS && missed + underruns + socketErrors === 0;
}
