import { ClauseCutter } from './clause-cutter.js';
import { voicedSpans } from './voiced-text.js';

/** Makes ready what a language needs, some ten ms: the first clause of a call does not wait for it. */
export function warmClauses(language: string): void {
  new ClauseCutter({ language }).push('One. T');
  voicedSpans('a 1, €2.', language);
}
