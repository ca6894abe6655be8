import { defer, map, type Observable } from 'rxjs';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import { wasHeard } from './was-heard.js';

/** What the caller is told first of all, and once more with the next answer as long as it was talked over. */
export class Disclosure {
  #due: string;

  /** @param text empty: there is nothing to tell */
  constructor(text: string) {
    this.#due = text;
  }

  /** What the caller has not heard yet. */
  get due(): string {
    return this.#due;
  }

  /** An answer, behind what is due: it comes with the first words, and makes nobody wait. */
  before(text$: Observable<string>): Observable<string> {
    return defer(() => {
      let due = this.#due;
      return text$.pipe(
        map((piece) => {
          if (due === '' || piece === '') return piece;
          const first = `${due} ${piece}`;
          due = '';
          return first;
        }),
      );
    });
  }

  /** An answer was heard, or a part of it. */
  heard({ ended, heardMs, heardText, textMethod }: SettledUtterance): void {
    if (heardMs === 0) return;
    const isUnknown = textMethod === 'none'; // the voice does not tell what it has said
    if (ended === 'played' || isUnknown || wasHeard(this.#due, heardText)) this.#due = '';
  }
}
