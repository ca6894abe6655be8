import type { BusEvent } from '../../sharing/call-bus.js';
import type { MediaSink, StreamEndReason, StreamStart } from '../stream.js';

const TYPE = 'stream-relay';

/** An instance of which nothing has come for so long is gone, or has forgotten the stream, ms. */
export const LOST_MS = 3_000;

export type CloseOutcome = Parameters<MediaSink['close']>[0];

/** What was said of the stream beside its sids. */
type RelayedStart = Omit<StreamStart, 'callSid' | 'streamSid'>;

/** What the instance with the socket tells that with the call. */
export type ToCall =
  /** A stream of it has come to instance `from`. */
  | { readonly kind: 'start'; readonly start: RelayedStart; readonly from: string }
  | { readonly kind: 'audio'; readonly audio: string; readonly timestampMs: number }
  | { readonly kind: 'echo'; readonly name: string }
  | { readonly kind: 'digit'; readonly digit: string }
  | { readonly kind: 'ended'; readonly reason: StreamEndReason }
  /** That instance shuts down: the call is to end as if its own did. */
  | { readonly kind: 'drain' };

/** What the instance with the call tells that with the socket. */
export type ToSocket =
  /** The answer to `start`. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused' }
  /** Nothing else is to be told: the call is still there. */
  | { readonly kind: 'here' }
  | { readonly kind: 'media'; readonly audio: string }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'clear' }
  | { readonly kind: 'close'; readonly outcome?: CloseOutcome };

/** One message about one stream. */
export type RelayMessage = (ToCall | ToSocket) & {
  readonly callSid: string;
  readonly streamSid: string;
  /** Counts from 0, each way. */
  readonly seq: number;
};

const OUTCOMES: readonly unknown[] = ['completed', 'failed', 'limit', 'drained', undefined];
const REASONS: readonly unknown[] = ['stop', 'socket-closed', 'stream-error', 'closed-by-us'];

/** The fields of each kind that are text, and those that are numbers. */
const FIELDS: Readonly<Record<RelayMessage['kind'], readonly (readonly [string, 'string' | 'number'])[]>> = {
  start: [['from', 'string']],
  audio: [
    ['audio', 'string'],
    ['timestampMs', 'number'],
  ],
  echo: [['name', 'string']],
  digit: [['digit', 'string']],
  ended: [['reason', 'string']],
  drain: [],
  taken: [],
  refused: [],
  here: [],
  media: [['audio', 'string']],
  mark: [['name', 'string']],
  clear: [],
  close: [],
};

/** As it goes over the bus. */
export const relayEvent = (message: RelayMessage): BusEvent => ({ type: TYPE, ...message });

/** @returns undefined for what is none: whoever may write to the bus may write anything */
export function relayMessage({ type, ...message }: BusEvent): RelayMessage | undefined {
  const { kind, callSid, streamSid, seq, start, outcome, reason } = message;
  if (type !== TYPE || typeof callSid !== 'string' || typeof streamSid !== 'string') return undefined;
  if (typeof seq !== 'number' || typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return undefined;
  const fields = FIELDS[kind as RelayMessage['kind']];
  if (!fields.every(([name, wanted]) => typeof message[name] === wanted)) return undefined;
  if (kind === 'start' && !isStart(start)) return undefined;
  if (kind === 'close' && !OUTCOMES.includes(outcome)) return undefined;
  if (kind === 'ended' && !REASONS.includes(reason)) return undefined;
  return message as unknown as RelayMessage;
}

function isStart(value: unknown): boolean {
  const { accountSid, parameters } = Object(value) as Record<string, unknown>;
  const texts = [accountSid, ...Object.values<unknown>(Object(parameters) as Record<string, unknown>)];
  return texts.every((text) => typeof text === 'string');
}
