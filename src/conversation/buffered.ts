import { Observable, type Subscriber, type Subscription } from 'rxjs';

/**
 * A source that runs before anybody listens: its one listener gets what has come, then the rest as it comes. What the
 * listener was given is not kept.
 */
export class Buffered<T> {
  readonly #kept: T[] = [];
  readonly #source: Subscription;
  #listener: Subscriber<T> | undefined;
  #end: ((listener: Subscriber<T>) => void) | undefined;
  #failed = false;

  constructor(source$: Observable<T>) {
    this.#source = source$.subscribe({
      next: (value) => {
        if (this.#listener === undefined) this.#kept.push(value);
        else this.#listener.next(value);
      },
      error: (error: unknown) => {
        this.#failed = true;
        this.#ended((listener) => {
          listener.error(error);
        });
      },
      complete: () => {
        this.#ended((listener) => {
          listener.complete();
        });
      },
    });
  }

  /** Whether the source has failed already. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Unsubscribing stops the source. */
  get values$(): Observable<T> {
    return new Observable((listener) => {
      listener.add(this.#source);
      // What comes while this is being given comes behind it.
      while (this.#kept.length > 0 && !listener.closed) listener.next(this.#kept.shift() as T);
      this.#listener = listener;
      this.#end?.(listener);
    });
  }

  stop(): void {
    this.#source.unsubscribe();
  }

  #ended(end: (listener: Subscriber<T>) => void): void {
    this.#end = end;
    if (this.#listener !== undefined) end(this.#listener);
  }
}
