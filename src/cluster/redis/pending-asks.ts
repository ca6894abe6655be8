import type { CancelTimer, Clock } from '../../call/clock.js';
import { BusUnavailableError, DeadlineError } from '../../sharing/call-bus.js';

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly stop: CancelTimer;
}

/** Commands that other instances have not answered. An answer that nobody waits for is ignored. */
export class PendingAsks {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @throws (rejects) what {@link fail} is given; DeadlineError; BusUnavailableError when too many are pending */
  open(id: string, deadlineMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#pending.size >= this.#capacity) {
        reject(new BusUnavailableError('Too many commands are pending.'));
        return;
      }
      const stop = this.#clock.after(deadlineMs, () => {
        this.fail(id, new DeadlineError(`The call did not answer within ${deadlineMs} ms.`));
      });
      this.#pending.set(id, { resolve, reject, stop });
    });
  }

  settle(id: string, answer: unknown): void {
    this.#taken(id)?.resolve(answer);
  }

  fail(id: string, error: Error): void {
    this.#taken(id)?.reject(error);
  }

  failAll(error: () => Error): void {
    for (const id of [...this.#pending.keys()]) this.fail(id, error());
  }

  #taken(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.stop();
    return pending;
  }
}
