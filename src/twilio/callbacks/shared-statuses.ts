import { callKey, type Change, type SharedStore } from '../../sharing/shared-store.js';
import { TERMINAL_STATUSES } from './callback-events.js';
import { AFTER_END_MS, LONGEST_MS } from './call-tracks.js';
import { type StatusCallback, StatusOrder, type StatusOrderState, type ToldStatus } from './status-order.js';

interface Stored<T> {
  readonly order: StatusOrderState<T>;
  /** When the oldest gap was found, ms since 1970 by the clock of the instance that found it. */
  readonly gapSince?: number;
}

/** What became of the account of one call. */
export interface Followed<T> extends Stored<T> {
  /** What is to be told by this instance, and by no other one. */
  readonly told: readonly ToldStatus<T>[];
  /** The place of the first of them among all that is told. */
  readonly first: number;
}

/** The order of the status callbacks of each call, over all instances. Rejects as the store does. */
export class SharedStatuses<T> {
  readonly #store: SharedStore;
  readonly #gapMs: number;

  /** @param gapMs a missing callback is waited for so long */
  constructor(store: SharedStore, gapMs: number) {
    this.#store = store;
    this.#gapMs = gapMs;
  }

  /** @param known what this instance knows: it may be more, after an outage */
  add(
    callSid: string,
    known: StatusOrderState<T>,
    callback: StatusCallback<T>,
    epoch: number,
  ): Promise<Followed<T>> {
    return this.#update(callSid, known, epoch, TERMINAL_STATUSES.has(callback.status), (order, since) => [
      ...order.add(callback),
      ...(this.#isOverdue(since, epoch) ? order.closeGap() : []),
    ]);
  }

  /** @param seen {@link Followed.gapSince} of the gap: another one stays open */
  closeGap(
    callSid: string,
    known: StatusOrderState<T>,
    seen: number | undefined,
    epoch: number,
  ): Promise<Followed<T>> {
    const isOver = known.status !== undefined && TERMINAL_STATUSES.has(known.status);
    return this.#update(callSid, known, epoch, isOver, (order, since) =>
      since === undefined || since === seen || this.#isOverdue(since, epoch) ? order.closeGap() : [],
    );
  }

  /** Whoever was to close it is gone. */
  #isOverdue(since: number | undefined, epoch: number): boolean {
    return since !== undefined && epoch - since >= this.#gapMs;
  }

  #update(
    callSid: string,
    known: StatusOrderState<T>,
    epoch: number,
    isOver: boolean,
    task: (order: StatusOrder<T>, gapSince: number | undefined) => ToldStatus<T>[],
  ): Promise<Followed<T>> {
    const ttlMs = isOver ? AFTER_END_MS : LONGEST_MS;
    const change = (old: string | undefined): Change<Followed<T>> => {
      const before = parsed<T>(old);
      const order = new StatusOrder<T>(...(before === undefined ? [] : [before.order]), known);
      const first = order.toldCount;
      const told = task(order, before?.gapSince);
      const gap = order.hasGap ? { gapSince: before?.gapSince ?? epoch } : {};
      const stored: Stored<T> = { order: order.state, ...gap };
      return { value: JSON.stringify(stored), result: { ...stored, told, first } };
    };
    return this.#store.update(callKey(callSid, 'statuses'), ttlMs, change);
  }
}

/** What another version has written may be anything. */
function parsed<T>(text: string | undefined): Stored<T> | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Stored<T>> | null;
    const { order, gapSince } = value ?? {};
    const isOrder =
      typeof order?.next === 'number' && Array.isArray(order.told) && Array.isArray(order.waiting);
    return isOrder ? { order, ...(typeof gapSince === 'number' ? { gapSince } : {}) } : undefined;
  } catch {
    return undefined;
  }
}
