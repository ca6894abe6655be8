import type { CallEvent } from '../call/voice-call.js';
import { firstWords, lastWords, type Note } from './lanes.js';

const WORDS = 7;

/** What the host knows of a call, as notes; without `clear` its account of what was heard is wrong, and called so. */
export function notesOf(event: CallEvent, withoutClear: boolean): Note[] {
  const note = (text: string, tone: Note['tone']): Note => ({ atMs: event.atMs, lane: 'agent', text, tone });
  switch (event.type) {
    case 'caller-started':
      return [note('notices the caller', 'plain')];
    case 'failed':
      return [note(`speech failed: ${String(event.error)}`, 'alarm')];
    case 'agent-settled': {
      const { ended, heardText, unheardText } = event.account;
      const claim = withoutClear ? 'believed ' : '';
      if (ended !== 'cut')
        return [note(`${claim}heard to the end: "${lastWords(heardText, WORDS)}"`, 'good')];
      return [
        note(`${claim}heard: "${lastWords(heardText, WORDS)}"`, 'good'),
        note(`${claim}not heard: "${firstWords(unheardText, WORDS)}"`, 'faint'),
      ];
    }
    default:
      return [];
  }
}
