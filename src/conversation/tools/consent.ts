import type { History } from '../history.js';
import { affirms } from './affirmation.js';

/** What a caller answered to the question whether a tool may run. */
export interface ConsentReply {
  /** The caller's words of the turn after the question. */
  readonly transcript: string;
  readonly question: string;
  readonly tool: string;
  readonly input: unknown;
}

/** Tells whether the caller agreed. */
export type Affirms = (reply: ConsentReply) => boolean | Promise<boolean>;

/** A question that the caller has yet to answer. */
export interface PendingQuestion {
  readonly tool: string;
  /** The input it was asked about, in one spelling. */
  readonly inputKey: string;
  readonly question: string;
  /** Entries of the history when it was asked. */
  readonly historyLength: number;
}

export interface ConsentTurn {
  readonly transcript: string;
  readonly history: History;
}

/**
 * Whether the caller agreed to this tool with this input: in the turn after the question, having heard it, in the
 * caller's own words. What the model says of it does not count. Good for one run.
 */
export class Consent {
  readonly #affirms: Affirms;
  #question: PendingQuestion | undefined;

  /** @param question of the turn before */
  constructor(question: PendingQuestion | undefined, affirm: Affirms = affirms) {
    this.#question = question;
    this.#affirms = affirm;
  }

  /** @returns whether it was given; then it is used up */
  async take(tool: string, input: unknown, { transcript, history }: ConsentTurn): Promise<boolean> {
    const asked = this.#question;
    if (asked?.tool !== tool || asked.inputKey !== inputKey(input)) return false;
    this.#question = undefined;
    if (transcript.trim() === '' || !wasHeard(asked, history)) return false;
    try {
      // The host may be careless with types.
      const { question } = asked;
      return ((await this.#affirms({ transcript, question, tool, input })) as unknown) === true;
    } catch {
      return false;
    }
  }
}

/** The same for equal inputs, in whatever order their fields are. */
export const inputKey = (input: unknown): string => JSON.stringify(input, inOrder);

function inOrder(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Callers answer over the last word of a question; whoever heard less than that has not been asked. */
function wasHeard({ question, historyLength }: PendingQuestion, history: History): boolean {
  const needed = letters(question.trim().replace(/\s+\S+$/, ''));
  if (needed === '') return false; // nothing that could be heard
  return history
    .slice(historyLength)
    .some(({ role, text }) => role === 'agent' && letters(text).includes(needed));
}

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
