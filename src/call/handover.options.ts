import { z } from 'zod';

const NAME = /^[a-z][\w-]{0,39}$/i;
const E164 = /^\+[1-9]\d{6,14}$/;
/** User and host; no header and no second target can be smuggled in. */
const SIP =
  /^sips?:[\w.!~*'()&=+$%-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,198}[a-z0-9])?(?::\d{1,5})?(?:;transport=(?:udp|tcp|tls))?$/i;

/** A queue at Twilio. */
const QUEUE = /^queue:[\w-]{1,64}$/;

const name = z.string().regex(NAME, 'must be a name of letters, digits, _ and -, such as sales');
const number = z
  .string()
  .refine(
    (to) => E164.test(to) || SIP.test(to) || QUEUE.test(to),
    'must be a number such as +4930123456, a URI such as sip:desk@example.com, or a queue such as queue:support',
  );

const transferTarget = z.strictObject({
  /** E.164 number, SIP URI, or `queue:` and the name of a queue at Twilio. */
  to: number,
  /** When to transfer there, for the agent's model. */
  description: z.string().trim().min(1).optional(),
  /** Number that the target sees; default: the caller's. */
  callerId: z.string().regex(E164, 'must be a number such as +4930123456').optional(),
  /** How long it rings, s. */
  ringSeconds: z.number().int().min(5).max(600).default(25),
});

/** Twilio's own limit is 32. */
const digits = z
  .string()
  .regex(/^[0-9A-D#*wW]{1,32}$/, 'must be 1 to 32 of 0-9, A-D, #, *, w (pause of 0.5 s) and W (1 s)');

/** Where calls may be handed to, and what keys may be pressed in them. */
export const handoverOptions = {
  /** Targets of the agent's `transfer` tool, by the names that the model knows. */
  transfers: z.record(name, transferTarget).default({}),
  /** Key sequences of the agent's `sendDigits` tool, by the names that the model knows. */
  digits: z
    .record(
      name,
      z.union([
        digits.transform((keys) => ({ keys, description: undefined })),
        z.strictObject({ keys: digits, description: z.string().trim().min(1).optional() }),
      ]),
    )
    .default({}),
  /** Lets the model press keys of its own choice too. */
  freeDigits: z.boolean().default(false),
};

/** Someone to transfer a call to. */
export type TransferTarget = z.input<typeof transferTarget>;
/** A target with its defaults. */
export type ResolvedTransferTarget = z.output<typeof transferTarget>;

/** @throws Error that names what is wrong; never with the number */
export function checkedTarget(target: TransferTarget): ResolvedTransferTarget {
  return checked(transferTarget, target, 'transfer');
}

/** @throws Error that says what is allowed */
export function checkedDigits(keys: string): string {
  return checked(digits, keys, 'sendDigits');
}

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new Error(`${what}: ${problems.join('; ')}`);
}
