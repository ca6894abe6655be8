import { z } from 'zod';
import { rate } from './limits.options.js';

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

const prefix = z.string().regex(/^\+\d{1,15}$/, 'must begin like a number, for example +49 or +4930');

/** Whom the host may call, and how often: the module's option `outbound`. */
export const outboundOptions = z
  .strictObject({
    /** Number that calls are made from, where a call names no other: one of the account's. */
    from: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'must be a number such as +4930123456')
      .optional(),
    /** Beginnings of the numbers that may be called. None by default, so that nobody makes us call what costs. */
    allowedPrefixes: z.array(prefix).default([]),
    /** Beginnings of numbers that may not be called although a shorter one is allowed. */
    deniedPrefixes: z
      .array(prefix)
      .default(['+1900', '+1976', '+44870', '+44871', '+4490', '+4491', '+49900']),
    /** Calls to one number. */
    callsPerNumber: rate(1, 3, DAY_MS),
    /** Calls to all numbers together. */
    calls: rate(1, 60, HOUR_MS),
    /** What becomes of a call that cannot be counted, as what the instances share is away. */
    onStoreFailure: z.enum(['refuse', 'dial']).default('refuse'),
    /** How long a call rings, s. */
    ringSeconds: z.number().int().min(5).max(600).default(30),
    /** From the question of `BEFORE_DIAL` to its answer, ms; without one the call is not made. */
    beforeDialTimeoutMs: z.number().int().positive().max(60_000).default(3_000),
  })
  .prefault({});

export type OutboundOptions = z.output<typeof outboundOptions>;
