import type { History } from '../history.js';
import { wasHeard } from '../was-heard.js';
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
  /** What it was asked about: the model's arguments, in one spelling. */
  readonly argumentsKey: string;
  readonly question: string;
  /** Entries of the history when it was asked. */
  readonly historyLength: number;
}

/** A tool that may need an agreement. */
export interface ConsentRequest {
  readonly tool: string;
  readonly input: unknown;
  /** JSON, as the model wrote it: of what a schema makes of it, two that differ may look the same. */
  readonly arguments: string;
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
  async take(request: ConsentRequest, { transcript, history }: ConsentTurn): Promise<boolean> {
    const asked = this.#question;
    const { tool, input } = request;
    if (asked?.tool !== tool || asked.argumentsKey !== argumentsKey(request.arguments)) return false;
    this.#question = undefined;
    if (transcript.trim() === '' || !isNextTurn(asked, history) || !wasAsked(asked, history)) return false;
    try {
      // The host may be careless with types.
      const { question } = asked;
      return ((await this.#affirms({ transcript, question, tool, input })) as unknown) === true;
    } catch {
      return false;
    }
  }
}

/** The same for equal arguments, in whatever order their fields are. */
export const argumentsKey = (json: string): string => JSON.stringify(JSON.parse(json), inOrder);

function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A turn that the agent was never asked about, because the caller went on, may have been a no. */
const isNextTurn = ({ historyLength }: PendingQuestion, history: History): boolean =>
  history.slice(historyLength).filter(({ role }) => role === 'caller').length <= 1;

/** Whoever has not heard the question has not been asked. */
const wasAsked = ({ question, historyLength }: PendingQuestion, history: History): boolean =>
  history.slice(historyLength).some(({ role, text }) => role === 'agent' && wasHeard(question, text));
