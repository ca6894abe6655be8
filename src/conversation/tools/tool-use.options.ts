import { z } from 'zod';
import type { Affirms } from './consent.js';

/** How an agent uses its tools. */
export const toolUseOptions = z.strictObject({
  /** Times that a model may ask for tools in one turn; after that it has to answer without. */
  rounds: z.number().int().min(1).max(20).default(5),
  /** Longest result that the model is told, characters. */
  resultCharacters: z.number().int().min(100).max(100_000).default(4_000),
  /** Spoken while a slow tool runs, where the tool has no filler of its own. */
  filler: z.string().default('One moment, please.'),
  /** Asked before a tool with `confirm: true`. */
  question: z.string().trim().min(1).default('Shall I do that?'),
  /** Whether the caller agreed; default: a list of the words for yes in 25 languages, and doubt means no. */
  affirms: z
    .custom<Affirms>(
      (value) => typeof value === 'function',
      'must be a function that tells whether the caller agreed',
    )
    .optional(),
});

export type ToolUseOptions = z.output<typeof toolUseOptions>;
