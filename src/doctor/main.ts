#!/usr/bin/env node
import { SystemClock } from '../call/system-clock.js';
import { readArguments, USAGE, UsageError } from './arguments.js';
import { examine } from './doctor.js';
import { jsonOf, summaryOf, textOf } from './report.js';
import { isHealthy } from './runner.js';

const FAILED = 1;
const WRONG_USAGE = 2;

const { env, stdout } = process;
const colors = stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';

stdout.on('error', () => process.exit()); // nobody reads any more, as with `| head`

try {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted.help) stdout.write(USAGE);
  else {
    const results = await examine(wanted, env, new SystemClock(), (result) => {
      if (!wanted.json) stdout.write(textOf(result, colors));
    });
    stdout.write(wanted.json ? jsonOf(results) : summaryOf(results));
    if (!isHealthy(results)) process.exitCode = FAILED;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nSee nestjs-twilio-voice --help.\n`);
  process.exitCode = WRONG_USAGE;
}
