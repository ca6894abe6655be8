import { concatMap, EMPTY, from, materialize, type Observable, throwError } from 'rxjs';
import type { UtteranceVoiceOptions } from '../voice.js';
import { type ClauseOptions, intoClauses } from './clause-cutter.js';

/**
 * Speaks clause after clause, each when the one before has been made and more speech is wanted. The text's error comes
 * after the clauses before it.
 */
export function speakByClause<T>(
  text$: Observable<string>,
  { demand }: Pick<UtteranceVoiceOptions, 'demand'>,
  clauses: ClauseOptions,
  speak: (clause: string) => Observable<T>,
): Observable<T> {
  return intoClauses(text$, clauses).pipe(
    materialize(), // as values in the row, the text's error and end wait for their turn
    concatMap((event) => {
      if (event.kind === 'E') return throwError(() => event.error as unknown);
      if (event.kind === 'C') return EMPTY;
      const speech$ = speak(event.value);
      return demand === undefined ? speech$ : from(demand()).pipe(concatMap(() => speech$));
    }),
  );
}
