import { SetMetadata } from '@nestjs/common';
import type { VoiceCall } from '../call/voice-call.js';
import type { CallbackEvent } from '../twilio/callbacks/callback-events.js';
import type { HostEventOf, HostEventType } from './host-event.js';

/** Key of the metadata on a method. */
export const ON_CALL_EVENT = Symbol('ON_CALL_EVENT');

/** What a method is called for. */
export interface CallEventSubject {
  readonly type: HostEventType;
  readonly everywhere: boolean;
}

/** Where a method is called. */
export interface OnCallEventOptions {
  /** Whether the method is called on every instance, and not only on one: that of the call, else that Twilio has told. */
  readonly everywhere: boolean;
}

type Decorator<Type extends HostEventType> = <Handler extends CallEventHandler<Type>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void;

const CALLBACK_TYPES: Readonly<Record<CallbackEvent['type'], true>> = {
  'call-status': true,
  'stream-status': true,
  'answered-by': true,
  'recording-status': true,
  transfer: true,
};

/** A method of a provider or controller of the host. @param call undefined once its stream has ended, and before it began */
export type CallEventHandler<Type extends HostEventType> = (
  event: HostEventOf<Type>,
  call: VoiceCall | undefined,
) => unknown;

/**
 * Calls the method for each such event of every call, once over all instances. What it returns is not waited for; when
 * it throws or rejects, that is logged, and harms nothing.
 * @throws TypeError on a static method, and on one whose name is a symbol: nobody would find them
 */
export function OnCallEvent<Type extends HostEventType>(
  ...types: readonly [Type, ...Type[]]
): Decorator<Type>;
/**
 * The same for what Twilio tells by its callbacks, on every instance where that is wanted. What happens on a stream is
 * known where that is, and nowhere else.
 */
export function OnCallEvent<Type extends CallbackEvent['type']>(
  ...given: readonly [Type, ...Type[], OnCallEventOptions]
): Decorator<Type>;
export function OnCallEvent(
  ...given: readonly (HostEventType | OnCallEventOptions)[]
): Decorator<HostEventType> {
  const types = given.filter((one) => typeof one === 'string');
  const everywhere = given.some((one) => typeof one === 'object' && one.everywhere);
  const [local] = everywhere ? types.filter((type) => !Object.hasOwn(CALLBACK_TYPES, type)) : [];
  if (local !== undefined)
    throw new TypeError(`@OnCallEvent: ${local} is told where the call's stream is, and not everywhere`);
  return (target, key, descriptor) => {
    if (typeof target === 'function' || typeof key === 'symbol')
      throw new TypeError(`@OnCallEvent: ${String(key)} must be a method of instances, with a name`);
    const others = Reflect.getMetadata(ON_CALL_EVENT, Object(descriptor.value) as object) as
      readonly CallEventSubject[] | undefined;
    const added = types.map((type): CallEventSubject => ({ type, everywhere }));
    const all = new Map([...added, ...(others ?? [])].map((one) => [`${one.type} ${one.everywhere}`, one]));
    SetMetadata(ON_CALL_EVENT, [...all.values()])(target, key, descriptor);
  };
}
