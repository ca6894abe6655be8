import type { History, HistoryEntry } from '../history.js';
import type { Turn } from '../voice-agent.js';
import type { ChatMessage } from './sdk.js';

/** Follows the words that were heard of an answer when the caller cut it short. */
export const INTERRUPTED = '[interrupted by the caller]';
/** Stands for words of the caller that nobody wrote down. */
export const NOT_UNDERSTOOD = '(the caller said something that was not understood)';

const NOTE =
  `An answer of yours that ends with "${INTERRUPTED}" was cut off there: the caller heard nothing that came after. ` +
  'Never write these words in brackets yourself.';

/**
 * What the model is told: the instructions, the conversation as the caller heard it, and what the caller has just said
 * as the last message.
 * @param most entries of the history before that
 */
export function chatMessages(
  instructions: string,
  { transcript, history }: Pick<Turn, 'transcript' | 'history'>,
  most: number,
): ChatMessage[] {
  const before = earlier(history, transcript);
  return [
    { role: 'system', content: `${instructions}\n\n${NOTE}` },
    ...before.slice(Math.max(0, before.length - most)).flatMap(messageOf),
    { role: 'user', content: said(transcript) },
  ];
}

/**
 * The history without the caller's newest words. They are its last entry of the caller; after them comes an answer they
 * interrupted, when what was heard of it became known later.
 */
function earlier(history: History, transcript: string): History {
  const newest = history.findLastIndex(({ role }) => role === 'caller');
  return history[newest]?.text === transcript ? history.toSpliced(newest, 1) : history;
}

function messageOf(entry: HistoryEntry): ChatMessage[] {
  if (entry.role === 'caller') return [{ role: 'user', content: said(entry.text) }];
  const heard = entry.text.trim();
  if (entry.interrupted)
    return [{ role: 'assistant', content: heard === '' ? INTERRUPTED : `${heard} — ${INTERRUPTED}` }];
  return heard === '' ? [] : [{ role: 'assistant', content: heard }];
}

const said = (text: string): string => (text.trim() === '' ? NOT_UNDERSTOOD : text);
