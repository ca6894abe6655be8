import { SetMetadata } from '@nestjs/common';
import type { VoiceCall } from '../call/voice-call.js';
import type { HostEventOf, HostEventType } from './host-event.js';

/** Key of the metadata on a method. */
export const ON_CALL_EVENT = Symbol('ON_CALL_EVENT');

/** A method of a provider or controller of the host. @param call undefined once its stream has ended, and before it began */
export type CallEventHandler<Type extends HostEventType> = (
  event: HostEventOf<Type>,
  call: VoiceCall | undefined,
) => unknown;

/**
 * Calls the method for each such event of every call. What it returns is not waited for; when it throws or rejects, that
 * is logged, and harms nothing.
 * @throws TypeError on a static method, and on one whose name is a symbol: nobody would find them
 */
export function OnCallEvent<Type extends HostEventType>(...types: readonly [Type, ...Type[]]) {
  return <Handler extends CallEventHandler<Type>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Handler>,
  ): void => {
    if (typeof target === 'function' || typeof key === 'symbol')
      throw new TypeError(`@OnCallEvent: ${String(key)} must be a method of instances, with a name`);
    const others = Reflect.getMetadata(ON_CALL_EVENT, Object(descriptor.value) as object) as
      readonly HostEventType[] | undefined;
    SetMetadata(ON_CALL_EVENT, [...new Set([...types, ...(others ?? [])])])(target, key, descriptor);
  };
}
