import { z } from 'zod';
import type { TwilioVoiceOptions } from './twilio-voice.options.js';

const blank = (value: unknown) => (value === '' ? undefined : value);
const text = (fix: string) => z.preprocess(blank, z.string({ error: fix }).optional());

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
});

export type Environment = z.output<typeof environmentSchema>;

/** @throws Error that names each wrong variable and the fix */
export function readEnvironment(values: Record<string, unknown>): Environment {
  const result = environmentSchema
    .superRefine((environment, context) => {
      const { PUBLIC_URL: url, TWILIO_AUTH_TOKEN: token } = environment;
      if (url?.startsWith('https:') === true && token === undefined)
        context.addIssue({
          code: 'custom',
          path: ['TWILIO_AUTH_TOKEN'],
          message:
            'is required with a public PUBLIC_URL: without it anybody could open a call. Copy it from the Twilio console',
        });
    })
    .safeParse(values);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new Error(`Wrong environment:\n  ${problems.join('\n  ')}`);
}

export function voiceOptions(environment: Environment): TwilioVoiceOptions {
  const { PORT, PUBLIC_URL, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN } = environment;
  return {
    publicUrl: PUBLIC_URL ?? `http://127.0.0.1:${PORT}`,
    ...(TWILIO_ACCOUNT_SID === undefined ? {} : { accountSid: TWILIO_ACCOUNT_SID }),
    ...(TWILIO_AUTH_TOKEN === undefined ? {} : { authToken: TWILIO_AUTH_TOKEN }),
  };
}
