import { Subject } from 'rxjs';
import type { Clock } from '../call/clock.js';
import type { Speech } from './speech.js';

/** What is being said, or waits to be said. */
export class OpenSpeeches {
  readonly #open = new Set<Speech>();
  readonly #quiet = new Subject<void>();

  has(speech: Speech): boolean {
    return this.#open.has(speech);
  }

  add(speech: Speech): void {
    this.#open.add(speech);
  }

  /** It is over; one that never began is told so. */
  close(speech: Speech): void {
    speech.drop();
    this.remove(speech);
  }

  remove(speech: Speech): void {
    this.#open.delete(speech);
    if (this.#open.size === 0) this.#quiet.next();
  }

  /** None of them will be said, but for those. */
  closeAllBut(...kept: readonly (Speech | undefined)[]): void {
    for (const speech of this.#open) if (!kept.includes(speech)) this.close(speech);
  }

  /** What they say is not to be told. */
  withhold(): void {
    for (const speech of this.#open) speech.isWithheld = true;
  }

  /** Resolves when nothing is being said or waits to be said, or after `mostMs`. */
  quiet(clock: Clock, mostMs: number): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        subscription.unsubscribe();
        resolve();
      };
      const cancel = clock.after(mostMs, done);
      const subscription = this.#quiet.subscribe(done);
    });
  }
}
