import type { History, HistoryEntry } from '../history.js';
import type { ToolRound } from '../tools/tool-memory.js';
import type { Turn } from '../voice-agent.js';
import type { ChatMessage } from './sdk.js';

/** Follows the words that were heard of an answer when the caller cut it short. */
export const INTERRUPTED = '[interrupted by the caller]';
/** Stands for words of the caller that nobody wrote down. */
export const NOT_UNDERSTOOD = '(the caller said something that was not understood)';

const NOTE =
  `An answer of yours that ends with "${INTERRUPTED}" was cut off there: the caller heard nothing that came after. ` +
  'Never write these words in brackets yourself.';

/** Tools that were called in earlier turns, by the caller's words they followed. */
export type EarlierTools = ReadonlyMap<HistoryEntry, readonly ToolRound[]>;

/**
 * What the model is told: the instructions, the conversation as the caller heard it, with the tools that were called, and
 * what the caller has just said as the last message.
 * @param most entries of the history before that
 */
export function chatMessages(
  instructions: string,
  { transcript, history }: Pick<Turn, 'transcript' | 'history'>,
  most: number,
  tools: EarlierTools = new Map(),
): ChatMessage[] {
  const before = earlier(history, transcript);
  return [
    { role: 'system', content: `${instructions}\n\n${NOTE}` },
    ...before
      .slice(Math.max(0, before.length - most))
      .flatMap((entry) => [
        ...messageOf(entry),
        ...(tools.get(entry) ?? []).flatMap((round) => toolMessages(round)),
      ]),
    { role: 'user', content: said(transcript) },
  ];
}

/** @param text what the model wrote before it called them: in the turn itself only, later it is told what was heard */
export function toolMessages(round: ToolRound, text = ''): ChatMessage[] {
  const calls = round.map(({ id, name, arguments: json }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: json },
  }));
  return [
    { role: 'assistant', content: text === '' ? null : text, tool_calls: calls },
    ...round.map(({ id, result }) => ({ role: 'tool' as const, tool_call_id: id, content: result })),
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
