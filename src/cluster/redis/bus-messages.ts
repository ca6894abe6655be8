import type { BusEvent } from '../../sharing/call-bus.js';
import { type CallCommand, isCommand } from '../../sharing/call-commands.js';

/** An error as it crosses. */
export interface FailureMessage {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  /** Of a TwilioCallError. */
  readonly status?: number;
  readonly problem?: string;
}

/** What is written to the channel of a call. */
export type CallMessage =
  | {
      readonly kind: 'ask';
      /** Differs from all others; that of a repeated message is the same. */
      readonly id: string;
      /** The instance that is answered. */
      readonly from: string;
      /** Not to be executed any more from then on, ms by the time of Redis. */
      readonly expires: number;
      readonly command: CallCommand;
    }
  | { readonly kind: 'tell'; readonly id: string; readonly expires: number; readonly event: BusEvent }
  /** An instance serves the call, since that time, ms by the time of Redis. */
  | { readonly kind: 'serving'; readonly from: string; readonly since: number };

/** What is written to the channel of an instance. */
export type ReplyMessage =
  | { readonly id: string; readonly answer?: unknown }
  | { readonly id: string; readonly failure: FailureMessage };

/** What is written to the channel of all instances. */
export interface BroadcastMessage {
  readonly id: string;
  readonly from: string;
  readonly expires: number;
  readonly event: BusEvent;
}

const INSTANCE = /^[\w.-]{1,100}$/;

/** @returns undefined for what is none */
export function callMessage(text: string): CallMessage | undefined {
  const message = json(text);
  const { kind, id, from, expires, since, command, event } = message;
  switch (kind) {
    case 'ask':
      return isText(id) && isInstance(from) && isNumber(expires) && isCommand(command)
        ? { kind, id, from, expires, command }
        : undefined;
    case 'tell':
      return isText(id) && isNumber(expires) && isEvent(event) ? { kind, id, expires, event } : undefined;
    case 'serving':
      return isInstance(from) && isNumber(since) ? { kind, from, since } : undefined;
    default:
      return undefined;
  }
}

/** @returns undefined for what is none */
export function replyMessage(text: string): ReplyMessage | undefined {
  const { id, answer, failure } = json(text);
  if (!isText(id)) return undefined;
  if (failure === undefined) return { id, answer };
  const { name, message } = Object(failure) as Record<string, unknown>;
  return isText(name) && isText(message) ? { id, failure: failureOf(failure) } : undefined;
}

/** @returns undefined for what is none */
export function broadcastMessage(text: string): BroadcastMessage | undefined {
  const { id, from, expires, event } = json(text);
  return isText(id) && isInstance(from) && isNumber(expires) && isEvent(event)
    ? { id, from, expires, event }
    : undefined;
}

/** What is thrown may be anything at all. */
export function failureOf(error: unknown): FailureMessage {
  const { name, message, code, status, problem } = Object(error) as Record<string, unknown>;
  return {
    name: isText(name) ? name : 'Error',
    message: isText(message) ? message : '',
    ...(isText(code) || isNumber(code) ? { code } : {}),
    ...(isNumber(status) ? { status } : {}),
    ...(isText(problem) ? { problem } : {}),
  };
}

function json(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isInstance = (value: unknown): value is string => isText(value) && INSTANCE.test(value);
const isEvent = (value: unknown): value is BusEvent => isText((Object(value) as { type?: unknown }).type);
