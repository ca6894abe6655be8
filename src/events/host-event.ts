import type { CallEvent } from '../call/voice-call.js';
import type { CallbackEvent } from '../twilio/callbacks/callback-events.js';

/** What a host can be told of a call: by its stream, while it lasts, and by Twilio's callbacks. */
export type HostEvent = CallEvent | CallbackEvent;
/** Names of the events, for `@OnCallEvent`. */
export type HostEventType = HostEvent['type'];
/** The events of these names. */
export type HostEventOf<Type extends HostEventType> = Extract<HostEvent, { readonly type: Type }>;
