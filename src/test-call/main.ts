import { UsageError } from '../doctor/arguments.js';
import { readArguments, USAGE } from './arguments.js';
import { placeTestCall } from './test-call.js';

const FAILED = 1;
const WRONG_USAGE = 2;

const { argv, env, stdout } = process;
stdout.on('error', () => process.exit()); // nobody reads any more, as with `| head`

try {
  const wanted = readArguments(argv.slice(3));
  if (wanted.help) stdout.write(USAGE);
  else {
    const { problems } = await placeTestCall(wanted, env, (line) => {
      stdout.write(`${line}\n`);
    });
    if (wanted.wav !== undefined) stdout.write(`Recorded in ${wanted.wav}\n`);
    if (problems.length > 0) process.exitCode = FAILED;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nSee nestjs-twilio-voice call --help.\n`);
  process.exitCode = WRONG_USAGE;
}
