import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { CHECK_NAMES } from './checks.js';

/** What the command line asks for. */
export interface DoctorArguments {
  readonly help: boolean;
  readonly json: boolean;
  /** Undefined: `.env`, if there is one. */
  readonly envFile: string | undefined;
  readonly basePath: string;
  /** Address that stands for what the name in PUBLIC_URL resolves to. */
  readonly resolve: string | undefined;
  /** Origin that stands for https://api.twilio.com. */
  readonly twilioApi: string | undefined;
  readonly timeoutMs: number;
  readonly skip: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 10_000;

export const USAGE = `Usage: nestjs-twilio-voice doctor [options]
       nestjs-twilio-voice call [URL] [options]   calls a running host without Twilio: see call --help

Checks a deployment: configuration, public URL, webhook, media stream, Twilio account and number, keys. It reads the
variables of .env.example from the environment and from .env, and TWILIO_PHONE_NUMBER, the number to look at. It places
no call: the host is asked for TwiML for a call that does not exist (its SID is all zeros, its direction outbound-api),
and its media stream is opened and refused before a call begins. A CALL_ADMISSION of yours is asked about that call, and
the host's log tells of requests that were refused.

  --env PATH          file of variables (.env, if there is one); the environment comes first
  --base-path PATH    option basePath of the host (voice)
  --resolve ADDRESS   IP address to connect to instead of what the name in PUBLIC_URL resolves to
  --skip NAME         leaves a check out; may be given several times
  --timeout MS        longest wait for one answer (${DEFAULT_TIMEOUT_MS})
  --twilio-api URL    another server with Twilio's REST API, such as a local one for tests
  --json              the results as JSON
  --help              this text

Checks: ${CHECK_NAMES.join(', ')}.
Exit code: 0 when nothing failed, 1 when something did, 2 when the arguments are wrong.
`;

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError that names what is wrong */
export function readArguments(words: readonly string[]): DoctorArguments {
  const { values, positionals } = parsed(words);
  if (values.help || words.length === 0) return { ...argumentsOf({}), help: true };
  if (positionals.length !== 1 || positionals[0] !== 'doctor')
    throw new UsageError(`The commands are doctor and call, not ${positionals.join(' ') || 'none'}.`);
  return argumentsOf(values);
}

type Values = Partial<ReturnType<typeof parsed>['values']>;

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        env: { type: 'string' },
        'base-path': { type: 'string', default: 'voice' },
        resolve: { type: 'string' },
        skip: { type: 'string', multiple: true, default: [] },
        timeout: { type: 'string', default: String(DEFAULT_TIMEOUT_MS) },
        'twilio-api': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function argumentsOf(values: Values): DoctorArguments {
  const timeoutMs = Number(values.timeout ?? DEFAULT_TIMEOUT_MS);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 600_000)
    throw new UsageError('--timeout must be whole milliseconds from 1 to 600000.');
  const { resolve, 'twilio-api': twilioApi, skip = [] } = values;
  if (resolve !== undefined && isIP(resolve) === 0)
    throw new UsageError('--resolve must be an IP address such as 203.0.113.7.');
  if (twilioApi !== undefined && !(URL.canParse(twilioApi) && /^https?:/i.test(twilioApi)))
    throw new UsageError('--twilio-api must be a URL such as http://127.0.0.1:4010.');
  const basePath = (values['base-path'] ?? 'voice').replace(/^\//, '');
  if (!/^[\w-]+(\/[\w-]+)*$/.test(basePath))
    throw new UsageError('--base-path must be path segments such as voice or phone/voice.');
  const unknown = skip.find((name) => !CHECK_NAMES.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--skip ${unknown}: there is no such check. There are ${CHECK_NAMES.join(', ')}.`);
  return {
    help: false,
    json: values.json ?? false,
    envFile: values.env,
    basePath,
    resolve,
    twilioApi: twilioApi === undefined ? undefined : new URL(twilioApi).origin,
    timeoutMs,
    skip,
  };
}
