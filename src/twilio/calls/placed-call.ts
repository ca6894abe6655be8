import type { Observable } from 'rxjs';
import type { CallbackEvent } from '../callbacks/callback-events.js';

/** A call that the host makes. */
export interface CallToPlace {
  /** E.164; `outbound.allowedPrefixes` must allow it. */
  readonly to: string;
  /** One of the account's numbers; default `outbound.from`. */
  readonly from?: string;
  /** Becomes the call's `parameters`, beside `from`, `to` and `direction`: what the agent needs to know. */
  readonly parameters?: Readonly<Record<string, string>>;
  /**
   * Tells by an `answered-by` event whether a human or a machine picked up, while the agent speaks already; after a
   * greeting of a machine with `message-end`. Default: not asked.
   */
  readonly machineDetection?: 'start' | 'message-end';
  /** How long it rings, s; default `outbound.ringSeconds`. */
  readonly ringSeconds?: number;
}

/** A call that has been placed: it may be ringing. */
export interface PlacedCall {
  readonly callSid: string;
  /** What Twilio tells of it, from the first callback on; completes with the call. */
  readonly events$: Observable<CallbackEvent>;
}

/** Recording needs that the caller is told, or the host's word that it need not be. */
export type RecordingConsent =
  /** Said first; only when the caller has heard all of it the recording begins. */
  | { readonly announcement: string }
  /** Why none is needed, such as `told by the queue's announcement`: it is written to the log. */
  | { readonly waiver: string };
