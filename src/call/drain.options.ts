import { z } from 'zod';

const GOODBYE = 'I am sorry, I have to end this call now. Please call again in a moment. Goodbye.';

/** What becomes of the calls in progress when the application shuts down. */
export const drainOptions = z
  .strictObject({
    /** Shutting down takes no longer than this for the sake of calls, ms; 0 cuts them at once. */
    graceMs: z.number().int().min(0).max(600_000).default(20_000),
    /** Said after the sentence in flight, by us or by Twilio; nobody interrupts it. Empty: nothing is said. */
    goodbye: z.string().trim().default(GOODBYE),
  })
  .prefault({});

export type DrainOptions = z.output<typeof drainOptions>;

/** The last part of the grace period belongs to the telephone network, which asks what comes next, ms. */
const CLOSING_MS = 3_000;

/** How long calls may go on of a grace period, ms. */
export const talkMs = (graceMs: number): number => graceMs - closingMs(graceMs);

/** How long calls that are over may take to be closed, ms. */
export const closingMs = (graceMs: number): number => Math.min(CLOSING_MS, Math.floor(graceMs / 4));
