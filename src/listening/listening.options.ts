import { z } from 'zod';
import { LISTENING_PROFILES, type ListeningOptions, type ListeningProfile } from './listening-profiles.js';

const ms = z.number().positive().max(60_000);
const probability = z.number().min(0).max(1);
const dbfs = z.number().min(-96).max(0);

const bar = z
  .strictObject({
    /** Voiced time that is enough, ms. */
    voicedMs: ms,
    /** The stretch it must fall into, ms. */
    withinMs: ms,
    /** Probability from which a window counts as voiced, 0 to 1. */
    probability,
    /** Softer windows do not count, dBFS. */
    minimumDb: dbfs,
  })
  .partial();

const PROFILE_NAMES = Object.keys(LISTENING_PROFILES) as [ListeningProfile, ...ListeningProfile[]];

/** How callers are listened to: a profile, and whatever is to differ from it. */
export const listeningOptions = z
  .strictObject({
    /** How soon a caller counts as speaking and as finished: `fast`, `balanced` or `patient`. */
    profile: z.enum(PROFILE_NAMES).default('balanced'),
    /** What makes speech while we are silent. */
    quiet: bar.default({}),
    /** What makes speech while the caller hears us. */
    talking: bar.default({}),
    /** A longer gap forgets the voice before it, as long as speech has not begun, ms. */
    maxGapMs: ms.optional(),
    /** Probability that keeps speech going, 0 to 1. */
    stayProbability: probability.optional(),
    /** How much softer than the bar windows may be once speech has begun, dB. */
    stayDb: z.number().min(0).max(60).optional(),
    /** Shorter runs of voice do not keep speech going, ms. */
    stayVoicedMs: ms.optional(),
    endpointing: z
      .strictObject({
        /** Silence after which a turn may end, ms. */
        minMs: ms,
        /** Silence after which it ends in any case, ms. */
        maxMs: ms,
        /** A caller who has paused is given so many times that pause. */
        pauseFactor: z.number().min(0).max(10),
      })
      .partial()
      .default({}),
    echo: z
      .strictObject({
        /** Longest way from sending to hearing our echo again, network included, ms. */
        longestDelayMs: ms.max(1_500),
        /** How loud an echo is expected while nothing is known, dB relative to what was sent. */
        expectedDb: z.number().min(-96).max(0),
        /** What must exceed the echo to be the caller, dB; `-Infinity` turns the guard off. */
        marginDb: z.number().min(-96).max(40).or(z.literal(-Infinity)),
      })
      .partial()
      .default({}),
  })
  .transform(({ profile, quiet, talking, endpointing, echo, ...rest }): ListeningOptions => {
    const base: ListeningOptions = LISTENING_PROFILES[profile];
    return {
      ...differing(base, rest),
      quiet: differing(base.quiet, quiet),
      talking: differing(base.talking, talking),
      endpointing: differing(base.endpointing, endpointing),
      echo: differing(base.echo, echo),
    };
  })
  .superRefine(({ quiet, talking, endpointing }, context) => {
    const fail = (path: string[], message: string) => {
      context.addIssue({ code: 'custom', path, message });
    };
    for (const [name, { voicedMs, withinMs }] of Object.entries({ quiet, talking }))
      if (voicedMs > withinMs) fail([name, 'voicedMs'], `must not be more than withinMs (${withinMs})`);
    if (endpointing.minMs > endpointing.maxMs)
      fail(['endpointing', 'minMs'], `must not be more than maxMs (${endpointing.maxMs})`);
  });

type Differing<T> = { [Key in keyof T]?: T[Key] | undefined };

function differing<T extends object>(base: T, changes: Differing<T>): T {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}
