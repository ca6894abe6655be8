import { filter, map, type Observable, of, switchMap, takeUntil } from 'rxjs';
import { digitRuns } from '../call/redaction/digit-words.js';
import type { CallerSpeech } from './caller-speech.js';
import type { CallerWords } from './caller-words.js';

/** Digits of a group of a card number: callers pause behind each, and half a number is no card number to a redactor. */
const GROUP_DIGITS = 4;

/** What the turn would be if the caller said no more. */
export interface TurnGuess {
  readonly transcript: string;
  /** How long the caller has spoken, ms. */
  readonly durationMs: number;
  /** When the last sound of the caller arrived, ms on the clock. */
  readonly lastSampleAtMs: number;
}

/**
 * A guess in each pause of the caller, another whenever the words change meanwhile, and `undefined` when the caller goes
 * on. With a transcriber there is none without words, nor behind digits that may go on.
 */
export function turnGuesses(
  { pauses$, utterances$ }: Pick<CallerSpeech, 'pauses$' | 'utterances$'>,
  words: Pick<CallerWords, 'text$'> | undefined,
): Observable<TurnGuess | undefined> {
  return pauses$.pipe(
    switchMap((pause) => {
      if (pause === undefined) return of(undefined);
      const text$ = words?.text$.pipe(filter((text) => text !== '')) ?? of('');
      return text$.pipe(
        map((transcript) => (endsInDigits(transcript) ? undefined : { transcript, ...pause })),
        takeUntil(utterances$), // then it is no guess any more
      );
    }),
  );
}

function endsInDigits(text: string): boolean {
  const last = [...digitRuns(text)].at(-1) ?? [];
  return last.length >= GROUP_DIGITS && !/[\p{L}\p{N}]/u.test(text.slice(last.at(-1)?.end));
}
