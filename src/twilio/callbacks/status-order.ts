import { CALL_STATUSES, type CallStatus, TERMINAL_STATUSES } from './callback-events.js';

/** One status callback, as it arrived. */
export interface StatusCallback<T> {
  readonly status: CallStatus;
  /** Its `SequenceNumber`; undefined where there is none. */
  readonly sequence: number | undefined;
  readonly details: T;
}

/** A state to be told; without details its own callback never came. */
export interface ToldStatus<T> {
  readonly status: CallStatus;
  readonly sequence: number | undefined;
  readonly details: T | undefined;
}

/** The states a call goes through before it is answered, in the order of their callbacks. */
const COURSE: readonly CallStatus[] = ['initiated', 'ringing', 'in-progress'];

/** Most states before a call is over that nobody answered. */
const RANG = 2;

/** How far the account of one call has come: plain JSON, where `T` is. */
export interface StatusOrderState<T> {
  /** The number that is told next. */
  readonly next: number;
  readonly status?: CallStatus;
  /** In the order in which they were told. */
  readonly told: readonly CallStatus[];
  /** Callbacks before which another one is missing. */
  readonly waiting: readonly StatusCallback<T>[];
}

/**
 * Puts the status callbacks of one call in order: Twilio numbers them and promises no order. Each state is told once;
 * none is told after a terminal one; what a later callback proves to have been is told before it. Pure.
 */
export class StatusOrder<T> {
  readonly #waiting = new Map<number, StatusCallback<T>>();
  readonly #told = new Set<CallStatus>();
  #next = 0;
  #status: CallStatus | undefined;

  /** Goes on from a state. */
  constructor(...states: StatusOrderState<T>[]) {
    for (const state of states) this.join(state);
  }

  /** The state as far as it is known: the latest, and a terminal one for good. */
  get status(): CallStatus | undefined {
    return this.#status;
  }

  /** Whether a callback waits for one before it. */
  get hasGap(): boolean {
    return this.#waiting.size > 0;
  }

  /** How many states were told. */
  get toldCount(): number {
    return this.#told.size;
  }

  get state(): StatusOrderState<T> {
    const [told, waiting] = [[...this.#told], [...this.#waiting.values()]];
    return {
      next: this.#next,
      ...(this.#status === undefined ? {} : { status: this.#status }),
      told,
      waiting,
    };
  }

  /** What another instance knows of the same call is known here as well; what either has told is not told again. */
  join({ next, status, told, waiting }: StatusOrderState<T>): void {
    if (status !== undefined) this.#note(status);
    for (const one of told) this.#told.add(one);
    this.#next = Math.max(this.#next, next);
    for (const callback of waiting)
      if (callback.sequence !== undefined && !this.#waiting.has(callback.sequence))
        this.#waiting.set(callback.sequence, callback);
    for (const sequence of [...this.#waiting.keys()])
      if (sequence < this.#next) this.#waiting.delete(sequence);
  }

  /** A state was told elsewhere. */
  hear({ status, sequence }: Pick<ToldStatus<T>, 'status' | 'sequence'>): void {
    const next = sequence === undefined ? 0 : sequence + 1;
    this.join({ next, status, told: [status], waiting: [] });
  }

  /** @returns what can be told now; nothing for a duplicate, and for a callback that has overtaken another */
  add(callback: StatusCallback<T>): ToldStatus<T>[] {
    this.#note(callback.status);
    const { sequence } = callback;
    if (sequence === undefined) return this.#tell([callback]);
    if (sequence < this.#next || this.#waiting.has(sequence)) return [];
    this.#waiting.set(sequence, callback);
    return this.#inOrder();
  }

  /** Waits no longer for what is missing. @returns what can be told now */
  closeGap(): ToldStatus<T>[] {
    const told: ToldStatus<T>[] = [];
    for (const sequence of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      const callback = this.#waiting.get(sequence);
      if (callback === undefined) continue; // told with one before it
      told.push(...this.#tell(missing(this.#next, callback)));
      this.#next = sequence;
      told.push(...this.#inOrder());
    }
    return told;
  }

  #inOrder(): ToldStatus<T>[] {
    const told: ToldStatus<T>[] = [];
    for (;;) {
      const callback = this.#waiting.get(this.#next);
      if (callback === undefined) return told;
      this.#waiting.delete(this.#next++);
      told.push(...this.#tell([callback]));
    }
  }

  #note(status: CallStatus): void {
    if (this.#status !== undefined && TERMINAL_STATUSES.has(this.#status)) return;
    if (this.#status === undefined || rank(status) > rank(this.#status)) this.#status = status;
  }

  #tell(callbacks: readonly ToldStatus<T>[]): ToldStatus<T>[] {
    return callbacks.filter(({ status }) => {
      if (this.#told.has(status) || [...this.#told].some((one) => TERMINAL_STATUSES.has(one))) return false;
      this.#told.add(status);
      return true;
    });
  }
}

const rank = (status: CallStatus): number =>
  TERMINAL_STATUSES.has(status) ? CALL_STATUSES.length : CALL_STATUSES.indexOf(status);

/** The states with numbers from `from` up to that of `callback`, where its number leaves no doubt which they were. */
function missing<T>(from: number, { status, sequence = 0 }: StatusCallback<T>): ToldStatus<T>[] {
  const unanswered = TERMINAL_STATUSES.has(status) && status !== 'completed';
  const before = status === 'completed' ? COURSE.length : COURSE.indexOf(status);
  if (unanswered ? sequence > RANG : sequence !== before) return [];
  return COURSE.slice(from, sequence).map((each, index) => ({
    status: each,
    sequence: from + index,
    details: undefined,
  }));
}
