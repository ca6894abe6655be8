import type { SettledUtterance } from '../playout/settled-utterance.js';

/** What the caller said in one turn, as transcribed. */
export interface CallerEntry {
  readonly role: 'caller';
  readonly text: string;
}

/** What the caller heard of one utterance. */
export interface AgentEntry {
  readonly role: 'agent';
  /** The words the caller heard, and no others. */
  readonly text: string;
  /** What had been spoken but was not heard. */
  readonly unheard: string;
  readonly interrupted: boolean;
}

/** One entry of the {@link History}; `role` says whose. */
export type HistoryEntry = CallerEntry | AgentEntry;
/** Oldest first. */
export type History = readonly HistoryEntry[];

/** @returns undefined when the utterance never had any speech */
export function agentEntry(account: SettledUtterance): AgentEntry | undefined {
  if (account.synthesizedMs === 0) return undefined;
  return {
    role: 'agent',
    text: account.heardText,
    unheard: account.unheardText,
    interrupted: account.ended === 'cut',
  };
}
