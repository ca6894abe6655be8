import { Observable, ReplaySubject, type Subscription } from 'rxjs';

/** A source that runs before anybody listens: its one listener gets what has come, then the rest as it comes. */
export class Buffered<T> {
  readonly #kept = new ReplaySubject<T>();
  readonly #source: Subscription;
  #failed = false;

  constructor(source$: Observable<T>) {
    this.#source = source$.subscribe({
      next: (value) => {
        this.#kept.next(value);
      },
      error: (error: unknown) => {
        this.#failed = true;
        this.#kept.error(error);
      },
      complete: () => {
        this.#kept.complete();
      },
    });
  }

  /** Whether the source has failed already. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Unsubscribing stops the source. */
  get values$(): Observable<T> {
    return new Observable((subscriber) => {
      subscriber.add(this.#source);
      subscriber.add(this.#kept.subscribe(subscriber));
    });
  }

  stop(): void {
    this.#source.unsubscribe();
  }
}
