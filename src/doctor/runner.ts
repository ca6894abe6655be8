import { type Check, failed, type Finding, type Result, skipped } from './check.js';

export interface RunOptions {
  /** Environment variables with a wrong value. */
  readonly wrong: readonly string[];
  /** Names of checks that are not wanted. */
  readonly skip: readonly string[];
  /** Told of each result as it comes. */
  readonly onResult?: (result: Result) => void;
}

/** Runs checks one after the other; one whose ground is missing is skipped, and says which ground. */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  context: Context,
  { wrong, skip, onResult }: RunOptions,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const check of checks) {
    const reason = skip.includes(check.name) ? '--skip' : missingGround(check, results, wrong);
    const finding = reason === undefined ? await found(check, context) : skipped(reason);
    const result = { name: check.name, finding };
    results.push(result);
    onResult?.(result);
  }
  return results;
}

/** Whether nothing failed. */
export const isHealthy = (results: readonly Result[]): boolean =>
  results.every(({ finding }) => finding.status !== 'failed');

function missingGround(
  check: Check<never>,
  results: readonly Result[],
  wrong: readonly string[],
): string | undefined {
  const variable = check.reads.find((name) => wrong.includes(name));
  if (variable !== undefined) return `${variable} is wrong`;
  for (const name of check.needs) {
    const status = results.find((result) => result.name === name)?.finding.status;
    if (status === 'failed') return `${name} failed`;
    if (status === undefined || status === 'skipped') return `${name} was skipped`;
  }
  return undefined;
}

async function found<Context>(check: Check<Context>, context: Context): Promise<Finding> {
  try {
    return await check.run(context);
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return failed(
      `this check itself failed with ${name}`,
      'run it again, and if it stays so, report it with the output of --json.',
    );
  }
}
