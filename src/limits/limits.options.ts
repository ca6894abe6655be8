import { z } from 'zod';

/** No more than a timer can take. */
const MOST = 2 ** 31 - 1;
/** Calls of one caller that are remembered, at most: so much memory is the most one caller can cost. */
const MOST_CALLS = 1_000;

const isWhole = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

/** `Infinity` turns it off. */
const limit = (value: number) =>
  z
    .custom<number>(
      (given) => given === Infinity || isWhole(given, 1, MOST),
      `must be a whole number from 1 to ${MOST}, or Infinity for no limit`,
    )
    .default(value);

export const rate = (least: number, most: number, withinMs: number) =>
  z
    .strictObject({
      /** Calls let in; `Infinity` for no limit. */
      most: z
        .custom<number>(
          (given) => given === Infinity || isWhole(given, least, MOST_CALLS),
          `must be a whole number from ${least} to ${MOST_CALLS}, or Infinity for no limit`,
        )
        .default(most),
      /** The stretch they are counted in, ms: it moves with the time. */
      withinMs: z.number().int().positive().max(MOST).default(withinMs),
    })
    .prefault({});

/** What one call may use, and who is let in: entries of the module's option `limits`. */
export const limitOptions = {
  /** Length of a call, from its stream's start to the goodbye, ms; `Infinity` for no limit. */
  callMs: limit(30 * 60_000),
  /** How long neither side is heard, also inside an answer that has begun, ms; `Infinity` for no limit. */
  silenceMs: limit(2 * 60_000),
  /** Turns of the caller that are answered in a call; `Infinity` for no limit. */
  turns: limit(200),
  /** Tokens that models read and wrote for a call, as agents report them; `Infinity` for no limit. */
  tokens: limit(1_000_000),
  /** Characters handed to the voice in a call, heard or not; `Infinity` for no limit. */
  speechCharacters: limit(100_000),
  /** Calls of one caller; the next one hears the busy signal. */
  callsPerCaller: rate(1, 10, 10 * 60_000),
  /** Calls of all callers together who withhold their number; `most: 0` lets none of them in. */
  withheldCalls: rate(0, 30, 10 * 60_000),
  /** What becomes of a call whose caller's rate cannot be counted, as what the instances share is away. */
  onStoreFailure: z.enum(['admit', 'refuse']).default('admit'),
  /** How `CALL_ADMISSION` is asked. */
  admission: z
    .strictObject({
      /** From the question to the answer, ms; Twilio waits 15 s for the whole webhook. */
      timeoutMs: z.number().int().positive().max(10_000).default(3_000),
      /** What becomes of a call when there is no answer. */
      onFailure: z.enum(['refuse', 'admit']).default('refuse'),
    })
    .prefault({}),
};

type Limits = z.output<z.ZodObject<typeof limitOptions>>;

/** Limits of one call that can be reached: the names of their options. */
export type CallLimit = 'callMs' | 'silenceMs' | 'turns' | 'tokens' | 'speechCharacters';
/** What one call may use. */
export type CallLimits = Readonly<Pick<Limits, CallLimit>>;
/** So many calls within so many ms. */
export type CallRate = Readonly<Limits['callsPerCaller']>;
