import { parseArgs } from 'node:util';
import { UsageError } from '../doctor/arguments.js';

/** What the command line asks for. */
export interface TestCallArguments {
  readonly help: boolean;
  /** The webhook that answers calls; undefined: the one of PUBLIC_URL. */
  readonly url: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** What the caller keys in at last. */
  readonly keys: string;
  /** File for a recording of both sides. */
  readonly wav: string | undefined;
  /** Undefined: `.env`, if there is one. */
  readonly envFile: string | undefined;
}

const EXAMPLE = 'http://127.0.0.1:3000/voice/incoming';

export const USAGE = `Usage: nestjs-twilio-voice call [URL] [options]

Calls a host that is running, without Twilio: a simulated one posts to URL, follows the TwiML, opens the media stream and
plays what it gets at the pace of a telephone. The caller makes sounds like speech, without words: once to get an answer,
once to interrupt it. The agent acts as in a real call. TWILIO_AUTH_TOKEN, which signs, and PUBLIC_URL, for which it
signs, are read from the environment and from .env, as the host's.

  URL            where calls come in (PUBLIC_URL/voice/incoming)
  --from NUMBER  the caller's number
  --to NUMBER    the number that is called
  --keys KEYS    what the caller keys in at last: 0-9, *, #, A-D
  --wav PATH     records the call: left the caller, right what the caller heard
  --env PATH     file of variables (.env, if there is one); the environment comes first
  --help         this text

Exit code: 0 when the agent answered, and stopped when it was interrupted; 1 when not, 2 when the arguments are wrong.
`;

/**
 * @param words what follows `call`
 * @throws UsageError that names what is wrong
 */
export function readArguments(words: readonly string[]): TestCallArguments {
  const { values, positionals } = parsed(words);
  const [url, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`There is one URL to call, and no ${more.join(' ')}.`);
  if (url !== undefined && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    throw new UsageError(`${url} is no URL such as ${EXAMPLE}.`);
  const { from, to, keys = '', wav, env: envFile, help = false } = values;
  if (!/^[0-9*#A-D]*$/.test(keys)) throw new UsageError('--keys takes 0-9, *, # and A-D.');
  return { help, url, from, to, keys, wav, envFile };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        keys: { type: 'string' },
        wav: { type: 'string' },
        env: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
