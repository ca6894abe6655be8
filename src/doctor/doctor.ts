import type { Clock } from '../call/clock.js';
import type { DoctorArguments } from './arguments.js';
import type { Result } from './check.js';
import { CHECKS } from './checks.js';
import type { DoctorContext } from './context.js';
import { discreet, secretsOf } from './discretion.js';
import { HttpProbe } from './network/http-probe.js';
import { StreamProbe } from './network/stream-probe.js';
import { runChecks } from './runner.js';
import { readSettings } from './settings.js';

/**
 * Runs all checks.
 * @param onResult told of each result as it comes, without secrets
 * @throws UsageError when a file that was asked for cannot be read
 */
export async function examine(
  { envFile, basePath, resolve, twilioApi, timeoutMs, skip }: DoctorArguments,
  variables: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  onResult: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const settings = await readSettings(variables, envFile);
  const secrets = secretsOf(settings.environment);
  const http = new HttpProbe(clock, timeoutMs, resolve);
  const vendors = new HttpProbe(clock, timeoutMs);
  const streams = new StreamProbe(clock, timeoutMs, resolve);
  const context: DoctorContext = {
    settings,
    basePath,
    resolve,
    twilioApi,
    timeoutMs,
    clock,
    http,
    vendors,
    streams,
  };
  const wrong = settings.problems.map(({ variable }) => variable);
  const results: Result[] = [];
  const take = (result: Result) => {
    const shown = discreet(result, secrets);
    results.push(shown);
    onResult(shown);
  };
  try {
    await runChecks(CHECKS, context, { wrong, skip, onResult: take });
    return results;
  } finally {
    await Promise.all([http.close(), vendors.close()]);
  }
}
