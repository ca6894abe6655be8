import { merge, map, type Subscription } from 'rxjs';
import type { Clock } from '../../call/clock.js';
import type { BusEvent } from '../../sharing/call-bus.js';
import type { Sharing } from '../../sharing/sharing.js';
import type { CallbackEvent } from './callback-events.js';
import type { ToldInOrder } from './told-in-order.js';

const TYPE = 'twilio-callbacks';

/** What was learned from one request of Twilio's. */
export interface Telling {
  readonly callSid: string;
  readonly events: readonly CallbackEvent[];
  /** Place of the first one among all states that are told of the call; undefined: they have none. */
  readonly first?: number | undefined;
}

export interface Listeners {
  /** Told on every instance. */
  everywhere(event: CallbackEvent): void;
  /** Told on one of them: where the call's stream is, else where the callback came to. */
  once(event: CallbackEvent): void;
  /** Where the order of what is told of the call is kept. */
  orderOf(callSid: string): ToldInOrder;
}

/** Brings what Twilio told to whom it concerns, on which instance ever. Nobody who listens delays who tells. */
export class CallbackDelivery {
  readonly #sharing: Sharing;
  readonly #clock: Clock;
  readonly #listeners: Listeners;

  constructor(sharing: Sharing, clock: Clock, listeners: Listeners) {
    this.#sharing = sharing;
    this.#clock = clock;
    this.#listeners = listeners;
  }

  /** Takes what other instances tell, until it is unsubscribed. */
  listen(): Subscription {
    const { told$, broadcast$ } = this.#sharing;
    const toOwner = told$.pipe(map((event) => ({ event, isForOwner: true })));
    const toAll = broadcast$.pipe(map((event) => ({ event, isForOwner: false })));
    return merge(toOwner, toAll).subscribe(({ event, isForOwner }) => {
      const telling = tellingOf(event);
      if (telling === undefined) return;
      void (isForOwner ? this.#once(telling) : this.#everywhere(telling, event['toldBy']));
    });
  }

  /** @returns where it takes a while: resolves when it is told */
  tell(telling: Telling): Promise<void> | undefined {
    if (telling.events.length === 0) return undefined;
    if (this.#sharing.shared !== undefined) return this.#share(telling);
    for (const event of telling.events)
      this.#later(() => {
        this.#listeners.everywhere(event);
        this.#listeners.once(event);
      });
    return undefined;
  }

  /** Here it is told before the others hear of it: what they tell next comes after it. */
  async #share(telling: Telling): Promise<void> {
    const event: BusEvent = { type: TYPE, ...telling };
    const owner = await this.#sharing.tellOwner(telling.callSid, event);
    if (owner === undefined) await this.#once(telling);
    await this.#sharing.broadcast({ ...event, toldBy: owner ?? this.#sharing.instance });
  }

  /** The first half of its place: what is told everywhere comes behind it. */
  #once(telling: Telling): Promise<void> {
    return this.#inOrder(telling, telling.events.length / 2, (event) => {
      this.#listeners.once(event);
    });
  }

  /** @param toldBy the instance that tells it once: there it may come sooner than what that is told by, over other nodes */
  #everywhere(telling: Telling, toldBy: unknown): Promise<void> {
    const { events, first } = telling;
    const isToldHere = typeof toldBy === 'string' && toldBy === this.#sharing.instance;
    const before = isToldHere ? events.length / 2 : 0;
    const place = { ...telling, first: first === undefined ? undefined : first + before };
    return this.#inOrder(place, events.length - before, (event) => {
      this.#listeners.everywhere(event);
    });
  }

  /** Resolves when it is told. */
  #inOrder(
    { callSid, events, first }: Telling,
    count: number,
    tell: (event: CallbackEvent) => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      const emit = () => {
        for (const event of events)
          this.#later(() => {
            tell(event);
          });
        this.#later(resolve);
      };
      this.#listeners.orderOf(callSid).add({ first, count, emit });
    });
  }

  #later(task: () => void): void {
    this.#clock.after(0, task);
  }
}

function tellingOf({ type, callSid, events, first }: BusEvent): Telling | undefined {
  if (type !== TYPE || typeof callSid !== 'string' || !Array.isArray(events)) return undefined;
  return {
    callSid,
    events: events as CallbackEvent[],
    first: typeof first === 'number' ? first : undefined,
  };
}
