import { type Observable, Subject } from 'rxjs';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { StatusOrder } from './status-order.js';
import { ToldInOrder } from './told-in-order.js';

/** A call is remembered for so long after its end, ms: a late callback must not begin it anew. */
export const AFTER_END_MS = 600_000;
/** No call lasts longer at Twilio, ms. */
export const LONGEST_MS = 24 * 3_600_000;

/** How far Twilio's account of one call has come. */
export interface CallTrack<T> {
  readonly order: StatusOrder<T>;
  /** Set while a missing callback is waited for. */
  readonly gap: Alarm;
  /** Which gap that is, over all instances. */
  gapSince?: number | undefined;
  /** What other instances tell of the call as well. */
  readonly told: ToldInOrder;
  forgetAt: number;
}

/** The calls that Twilio tells about; each is forgotten some time after its end, the oldest if there are too many. */
export class CallTracks<T> {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #tracks = new Map<string, CallTrack<T>>();
  readonly #forgotten = new Subject<string>();
  #sweepAt = -Infinity;

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Each call that is forgotten. */
  get forgotten$(): Observable<string> {
    return this.#forgotten.asObservable();
  }

  get size(): number {
    return this.#tracks.size;
  }

  find(callSid: string): CallTrack<T> | undefined {
    return this.#tracks.get(callSid);
  }

  of(callSid: string): CallTrack<T> {
    const known = this.#tracks.get(callSid);
    if (known !== undefined) return known;
    this.#makeRoom();
    const track: CallTrack<T> = {
      order: new StatusOrder(),
      gap: new Alarm(this.#clock),
      told: new ToldInOrder(this.#clock),
      forgetAt: this.#clock.now() + LONGEST_MS,
    };
    this.#tracks.set(callSid, track);
    return track;
  }

  ended(track: CallTrack<T>): void {
    track.forgetAt = Math.min(track.forgetAt, this.#clock.now() + AFTER_END_MS);
  }

  #makeRoom(): void {
    const now = this.#clock.now();
    if (now >= this.#sweepAt) {
      this.#sweepAt = now + AFTER_END_MS / 10;
      for (const [callSid, { forgetAt }] of this.#tracks) if (forgetAt <= now) this.#forget(callSid);
    }
    for (const callSid of this.#tracks.keys()) {
      if (this.#tracks.size < this.#capacity) return;
      this.#forget(callSid);
    }
  }

  #forget(callSid: string): void {
    const track = this.#tracks.get(callSid);
    track?.gap.stop();
    track?.told.stop();
    this.#tracks.delete(callSid);
    this.#forgotten.next(callSid);
  }
}
