import { z } from 'zod';
import type { ElevenLabsOptions } from './tts/elevenlabs/index.js';
import type { OpenAiAgentOptions } from './conversation/openai/index.js';
import type { TwilioVoiceOptions } from './twilio-voice.options.js';

const NO_USER = 'must carry no user name or password';
const hasNoUser = (url: string) => !/^[^/]*\/\/[^/]*@/.test(url);
const blank = (value: unknown) => (value === '' ? undefined : value);
const text = (fix: string) => z.preprocess(blank, z.string({ error: fix }).trim().min(1, fix).optional());
const key = (fix: string) =>
  z.preprocess(
    blank,
    z
      .string({ error: fix })
      .trim()
      .regex(/^[\x21-\x7e]+$/, `${fix}: this one holds characters that no key has`)
      .optional(),
  );

/** An address of a vendor's: the HTTP client refuses one with a password in it. */
const vendorUrl = (example: string) =>
  z.preprocess(
    blank,
    z
      .url({ protocol: /^https?$/, error: `must be a URL such as ${example}` })
      .refine(hasNoUser, { error: NO_USER })
      .optional(),
  );

/** The environment of the standalone host; `.env.example` explains each variable. */
const environmentSchema = z.object({
  PORT: z.preprocess(
    blank,
    z.coerce
      .number({ error: 'must be a port number such as 3000' })
      .int('must be a whole port number such as 3000')
      .min(1, 'must be a port number from 1 to 65535')
      .max(65_535, 'must be a port number from 1 to 65535')
      .default(3000),
  ),
  PUBLIC_URL: z.preprocess(
    blank,
    z
      .url('must be a URL such as https://voice.example.com: where Twilio reaches this server')
      .refine((url) => /^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(url), {
        error: 'must start with https:// (plain http:// is accepted for loopback only)',
      })
      .refine((url) => !/[?#]/.test(url), { error: 'must carry no query and no fragment: Twilio drops them' })
      .refine(hasNoUser, { error: NO_USER })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
  ),
  TWILIO_ACCOUNT_SID: z.preprocess(
    blank,
    z
      .string()
      .regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hex digits: copy it from the Twilio console')
      .optional(),
  ),
  TWILIO_AUTH_TOKEN: text('must be the auth token from the Twilio console'),
  TWILIO_SECONDARY_AUTH_TOKEN: text('must be the secondary auth token from the Twilio console'),
  /** For the doctor only, which looks where this number's calls go. */
  TWILIO_PHONE_NUMBER: z.preprocess(
    blank,
    z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'must be your Twilio number with + and country code, such as +15005550006')
      .optional(),
  ),
  ELEVENLABS_API_KEY: key('must be an API key from the ElevenLabs settings'),
  ELEVENLABS_VOICE_ID: text('must be the id of a voice from the ElevenLabs voice library'),
  ELEVENLABS_MODEL_ID: text('must be a model id such as eleven_flash_v2_5'),
  ELEVENLABS_BASE_URL: vendorUrl('https://api.eu.residency.elevenlabs.io'),
  OPENAI_API_KEY: key('must be an API key of OpenAI, or of a service with the same protocol'),
  OPENAI_MODEL: text('must be a model name such as gpt-4o-mini'),
  OPENAI_BASE_URL: vendorUrl('https://api.openai.com/v1'),
  REDIS_URL: z.preprocess(
    blank,
    z
      .url({
        protocol: /^rediss?$/,
        error: 'must be a URL such as redis://localhost:6379, or rediss://… with TLS',
      })
      .optional(),
  ),
});

/** Names of the variables. */
export const ENVIRONMENT_VARIABLES: readonly string[] = Object.keys(environmentSchema.shape);

export type Environment = z.output<typeof environmentSchema>;
type ElevenLabsVariable = Extract<keyof Environment, `ELEVENLABS_${string}`>;

/** A variable that is wrong, and what it must be. */
export interface EnvironmentProblem {
  readonly variable: string;
  readonly message: string;
}

/** @returns each wrong variable once, and the environment without them */
export function inspectEnvironment(values: Record<string, unknown>): {
  readonly environment: Environment;
  readonly problems: readonly EnvironmentProblem[];
} {
  const { error } = environmentSchema.safeParse(values);
  const wrong = new Map<string, string>();
  for (const { path, message } of error?.issues ?? []) {
    const variable = path.join('.');
    if (!wrong.has(variable)) wrong.set(variable, message);
  }
  const right = Object.entries(values).filter(([variable]) => !wrong.has(variable));
  const environment = environmentSchema.parse(Object.fromEntries(right));
  const missing = missingIn(environment).filter(({ variable }) => !wrong.has(variable));
  return { environment, problems: [...toProblems(wrong), ...missing] };
}

const toProblems = (wrong: ReadonlyMap<string, string>): EnvironmentProblem[] =>
  [...wrong].map(([variable, message]) => ({ variable, message }));

/** What the others that are set ask for. */
function missingIn(environment: Environment): EnvironmentProblem[] {
  const missing: EnvironmentProblem[] = [];
  if (environment.PUBLIC_URL?.startsWith('https:') === true && environment.TWILIO_AUTH_TOKEN === undefined)
    missing.push({
      variable: 'TWILIO_AUTH_TOKEN',
      message:
        'is required with a public PUBLIC_URL: without it anybody could open a call. Copy it from the Twilio console',
    });
  if (environment.ELEVENLABS_API_KEY !== undefined && environment.ELEVENLABS_VOICE_ID === undefined)
    missing.push({
      variable: 'ELEVENLABS_VOICE_ID',
      message:
        'is required with ELEVENLABS_API_KEY: copy the id of a voice from the ElevenLabs voice library',
    });
  return missing;
}

/** @throws Error that names each wrong variable and the fix */
export function readEnvironment(values: Record<string, unknown>): Environment {
  const { environment, problems } = inspectEnvironment(values);
  if (problems.length === 0) return environment;
  const lines = problems.map(({ variable, message }) => `${variable} ${message}`);
  throw new Error(`Wrong environment:\n  ${lines.join('\n  ')}`);
}

/** @returns undefined without a key: then the demo agent answers */
export function openAiOptions(
  get: (name: Extract<keyof Environment, `OPENAI_${string}`>) => string | undefined,
): OpenAiAgentOptions | undefined {
  const apiKey = get('OPENAI_API_KEY');
  if (apiKey === undefined) return undefined;
  const [model, baseUrl] = [get('OPENAI_MODEL'), get('OPENAI_BASE_URL')];
  return { apiKey, ...(model === undefined ? {} : { model }), ...(baseUrl === undefined ? {} : { baseUrl }) };
}

/** @returns undefined without a key: then the offline voice speaks */
export function elevenLabsOptions(
  get: (name: ElevenLabsVariable) => string | undefined,
): ElevenLabsOptions | undefined {
  const [apiKey, voiceId] = [get('ELEVENLABS_API_KEY'), get('ELEVENLABS_VOICE_ID')];
  if (apiKey === undefined || voiceId === undefined) return undefined;
  const [model, baseUrl] = [get('ELEVENLABS_MODEL_ID'), get('ELEVENLABS_BASE_URL')];
  return {
    apiKey,
    voiceId,
    ...(model === undefined ? {} : { model }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

export function voiceOptions(environment: Environment): TwilioVoiceOptions {
  const { PORT, PUBLIC_URL, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN } = environment;
  const { TWILIO_SECONDARY_AUTH_TOKEN: secondary } = environment;
  return {
    publicUrl: PUBLIC_URL ?? `http://127.0.0.1:${PORT}`,
    ...(TWILIO_ACCOUNT_SID === undefined ? {} : { accountSid: TWILIO_ACCOUNT_SID }),
    ...(TWILIO_AUTH_TOKEN === undefined
      ? {}
      : { authToken: secondary === undefined ? TWILIO_AUTH_TOKEN : [TWILIO_AUTH_TOKEN, secondary] }),
  };
}
