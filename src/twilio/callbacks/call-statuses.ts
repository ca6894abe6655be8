import type { Observable } from 'rxjs';
import type { Clock } from '../../call/clock.js';
import { orWhenAway, type Sharing } from '../../sharing/sharing.js';
import type { Form } from '../webhook-form.js';
import type { Telling } from './callback-delivery.js';
import {
  type CallbackEvent,
  type CallStatus,
  type CallStatusEvent,
  TERMINAL_STATUSES,
} from './callback-events.js';
import { type CallTrack, CallTracks } from './call-tracks.js';
import { type Followed, SharedStatuses } from './shared-statuses.js';
import type { StatusCallback, ToldStatus } from './status-order.js';

/** A callback that is missing is waited for so long before what came after it is told, ms. */
const GAP_MS = 1_000;

interface StatusListeners {
  /** @returns where it takes a while: resolves when it is told */
  tell(telling: Telling): Promise<void> | undefined;
  /** Looks after what takes a while. */
  run(task: Promise<void>): void;
}

/**
 * The states of calls in their order, over all instances; while those cannot be reached, as far as this one knows. What
 * was told meanwhile is known to the others as soon as this one tells more of the call.
 */
export class CallStatuses {
  readonly #clock: Clock;
  readonly #tracks: CallTracks<Form>;
  readonly #shared: SharedStatuses<Form> | undefined;
  readonly #listeners: StatusListeners;

  /** @param capacity most calls */
  constructor(clock: Clock, capacity: number, { shared }: Sharing, listeners: StatusListeners) {
    this.#clock = clock;
    this.#tracks = new CallTracks(clock, capacity);
    this.#shared = shared && new SharedStatuses(shared.store, GAP_MS);
    this.#listeners = listeners;
  }

  /** Each call that is forgotten. */
  get forgotten$(): Observable<string> {
    return this.#tracks.forgotten$;
  }

  /** The state of a call, as far as it is known. */
  of(callSid: string): CallStatus | undefined {
    return this.#tracks.find(callSid)?.order.status;
  }

  /** What is known of a call: from now on it can be forgotten. */
  track(callSid: string): CallTrack<Form> {
    return this.#tracks.of(callSid);
  }

  /** An event was told on every instance. */
  heard(event: CallbackEvent): void {
    if (event.type !== 'call-status' || this.#shared === undefined) return;
    const { callSid, status, sequence, terminal } = event;
    const track = this.#tracks.of(callSid);
    track.order.hear({ status, sequence });
    if (!track.order.hasGap) track.gap.stop();
    if (terminal) this.#tracks.ended(track);
  }

  /** A callback has come. @returns where it takes a while: resolves when it is told, or waits for another one */
  follow(callSid: string, status: CallStatus, form: Form): Promise<void> | undefined {
    const track = this.#tracks.of(callSid);
    const callback = { status, sequence: whole(form['SequenceNumber']), details: form };
    if (TERMINAL_STATUSES.has(status)) this.#tracks.ended(track);
    if (this.#shared !== undefined) return this.#followShared(this.#shared, callSid, track, callback);
    return this.#followHere(callSid, track, callback);
  }

  #followHere(
    callSid: string,
    track: CallTrack<Form>,
    callback: StatusCallback<Form>,
  ): Promise<void> | undefined {
    const { order } = track;
    const first = order.toldCount;
    const told = this.#tellStatuses(callSid, order.add(callback), first);
    this.#watchGap(callSid, track);
    return told;
  }

  async #followShared(
    statuses: SharedStatuses<Form>,
    callSid: string,
    track: CallTrack<Form>,
    callback: StatusCallback<Form>,
  ): Promise<void> {
    const { order } = track;
    const followed = await orWhenAway(
      () => statuses.add(callSid, order.state, callback, this.#clock.epoch()),
      undefined,
    );
    if (followed === undefined) await this.#followHere(callSid, track, callback);
    else await this.#followed(callSid, track, followed);
  }

  #followed(
    callSid: string,
    track: CallTrack<Form>,
    { order, told: states, first, gapSince }: Followed<Form>,
  ): Promise<void> | undefined {
    track.order.join(order);
    const told = this.#tellStatuses(callSid, states, first);
    this.#watchGap(callSid, track, gapSince);
    return told;
  }

  /** @param since when an instance found it, ms since 1970; every one that sees it closes it, if no other has */
  #watchGap(callSid: string, track: CallTrack<Form>, since?: number): void {
    const { order, gap } = track;
    if (!order.hasGap) gap.stop();
    else if (!gap.isSet || (since !== undefined && since !== track.gapSince)) {
      track.gapSince = since; // what was set for another gap would go off too early, and in vain
      gap.set(GAP_MS, () => {
        this.#listeners.run(this.#closeGap(callSid, track, since));
      });
    }
  }

  async #closeGap(callSid: string, track: CallTrack<Form>, since: number | undefined): Promise<void> {
    const statuses = this.#shared;
    const { order } = track;
    const followed =
      statuses &&
      (await orWhenAway(
        () => statuses.closeGap(callSid, order.state, since, this.#clock.epoch()),
        undefined,
      ));
    if (followed !== undefined) await this.#followed(callSid, track, followed);
    else {
      const first = order.toldCount;
      await this.#tellStatuses(callSid, order.closeGap(), first);
    }
  }

  #tellStatuses(
    callSid: string,
    statuses: readonly ToldStatus<Form>[],
    first: number,
  ): Promise<void> | undefined {
    const events = statuses.map((status) => statusEvent(callSid, status));
    return this.#listeners.tell({ callSid, events, first });
  }
}

function statusEvent(callSid: string, { status, sequence, details }: ToldStatus<Form>): CallStatusEvent {
  const durationS = whole(details?.['CallDuration']);
  return {
    type: 'call-status',
    callSid,
    status,
    terminal: TERMINAL_STATUSES.has(status),
    ...(sequence === undefined ? {} : { sequence }),
    inferred: details === undefined,
    ...(durationS === undefined ? {} : { durationS }),
    fields: details ?? {},
  };
}

/** A whole number of Twilio's. */
export const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
