/** Fields every message of a running stream carries. */
interface InStream {
  readonly sequenceNumber: number;
  readonly streamSid: string;
}

/** The first message of a stream that names its call. */
export interface StartMessage extends InStream {
  readonly event: 'start';
  readonly callSid: string;
  readonly accountSid: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Caller audio. */
export interface MediaMessage extends InStream {
  readonly event: 'media';
  /** Counts media messages, from 1. */
  readonly chunk: number;
  /** Presentation time from the stream's start, ms. */
  readonly timestampMs: number;
  /** Mu-law 8 kHz; at least one byte. */
  readonly payload: Buffer;
}

/** A message Twilio sent, checked and decoded. */
export type ParsedMessage =
  | { readonly event: 'connected' }
  | StartMessage
  | MediaMessage
  | (InStream & { readonly event: 'dtmf'; readonly digit: string })
  | (InStream & { readonly event: 'mark'; readonly name: string })
  | (InStream & { readonly event: 'stop' })
  | { readonly event: 'unknown'; readonly name: string };

/** Why a message was not understood; stable, for logs and counters. */
export type RejectionReason =
  | 'not-json'
  | 'not-an-object'
  | 'no-event'
  | 'bad-sequence-number'
  | 'bad-stream-sid'
  | 'no-start'
  | 'stream-sid-mismatch'
  | 'bad-call-sid'
  | 'bad-account-sid'
  | 'bad-media-format'
  | 'bad-parameters'
  | 'no-media'
  | 'bad-track'
  | 'bad-chunk'
  | 'bad-timestamp'
  | 'bad-payload'
  | 'no-dtmf'
  | 'bad-digit'
  | 'no-mark'
  | 'bad-mark-name';

/** A message that was not understood. */
export interface RejectedMessage {
  readonly rejected: RejectionReason;
}

type Json = Readonly<Record<string, unknown>>;

const SID = /^[\w-]{1,64}$/;
const DIGITS = /^\d{1,15}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const KEY = /^[0-9*#A-D]$/;
/** Caller audio as Twilio writes it. */
const MEDIA =
  /^\{"event":"media","sequenceNumber":"(\d{1,15})","media":\{"track":"inbound","chunk":"(\d{1,15})","timestamp":"(\d{1,15})","payload":"([A-Za-z0-9+/]+={0,2})"\},"streamSid":"([\w-]{1,64})"\}$/;

/** Reads one text frame of Twilio's; never throws. */
export function parseMessage(data: Buffer | string): ParsedMessage | RejectedMessage {
  const audio = Buffer.isBuffer(data) ? usualMedia(data.toString('latin1')) : undefined;
  if (audio !== undefined) return audio;
  let message: unknown;
  try {
    message = JSON.parse(typeof data === 'string' ? data : data.toString('utf8'));
  } catch {
    return reject('not-json');
  }
  if (!isObject(message)) return reject('not-an-object');
  const { event } = message;
  if (event === 'media') return inStream(message, media);
  if (typeof event !== 'string' || event === '') return reject('no-event');
  return other(event, message);
}

/** The most frequent message by far, in one step; anything unusual about it is left to the parser. */
function usualMedia(text: string): MediaMessage | undefined {
  const match = MEDIA.exec(text);
  if (match === null) return undefined;
  const [, sequence, chunk, timestamp, encoded = '', streamSid = ''] = match;
  if (encoded.length % 4 !== 0 || Number(sequence) < 1 || Number(chunk) < 1) return undefined;
  return {
    event: 'media',
    sequenceNumber: Number(sequence),
    streamSid,
    chunk: Number(chunk),
    timestampMs: Number(timestamp),
    payload: Buffer.from(encoded, 'base64'),
  };
}

function other(event: string, message: Json): ParsedMessage | RejectedMessage {
  switch (event) {
    case 'connected':
      return { event };
    case 'start':
      return inStream(message, start);
    case 'mark':
      return inStream(message, mark);
    case 'dtmf':
      return inStream(message, dtmf);
    case 'stop':
      return inStream(message, (_, place) => ({ event, ...place }));
    default:
      return { event: 'unknown', name: event };
  }
}

function inStream(
  message: Json,
  read: (message: Json, place: InStream) => ParsedMessage | RejectedMessage,
): ParsedMessage | RejectedMessage {
  const sequenceNumber = wholeNumber(message.sequenceNumber);
  if (sequenceNumber < 1) return reject('bad-sequence-number');
  const { streamSid } = message;
  return isSid(streamSid) ? read(message, { sequenceNumber, streamSid }) : reject('bad-stream-sid');
}

function media(message: Json, { sequenceNumber, streamSid }: InStream): ParsedMessage | RejectedMessage {
  const body = message.media;
  if (!isObject(body)) return reject('no-media');
  if (body.track !== 'inbound') return reject('bad-track');
  const chunk = wholeNumber(body.chunk);
  if (chunk < 1) return reject('bad-chunk');
  const timestampMs = wholeNumber(body.timestamp);
  if (timestampMs < 0) return reject('bad-timestamp');
  const encoded = body.payload;
  if (typeof encoded !== 'string' || encoded === '' || !BASE64.test(encoded)) return reject('bad-payload');
  const payload = Buffer.from(encoded, 'base64');
  return { event: 'media', sequenceNumber, streamSid, chunk, timestampMs, payload };
}

function start(message: Json, place: InStream): ParsedMessage | RejectedMessage {
  const body = message.start;
  if (!isObject(body)) return reject('no-start');
  if (body.streamSid !== place.streamSid) return reject('stream-sid-mismatch');
  const { callSid, accountSid } = body;
  if (!isSid(callSid)) return reject('bad-call-sid');
  if (!isSid(accountSid)) return reject('bad-account-sid');
  if (!isMuLaw(body.mediaFormat)) return reject('bad-media-format');
  const parameters = body.customParameters ?? {};
  if (!isObject(parameters) || !hasStringsOnly(parameters)) return reject('bad-parameters');
  return { event: 'start', ...place, callSid, accountSid, parameters };
}

function mark(message: Json, place: InStream): ParsedMessage | RejectedMessage {
  const body = message.mark;
  if (!isObject(body)) return reject('no-mark');
  const { name } = body;
  return typeof name === 'string' && name !== ''
    ? { event: 'mark', ...place, name }
    : reject('bad-mark-name');
}

function dtmf(message: Json, place: InStream): ParsedMessage | RejectedMessage {
  const body = message.dtmf;
  if (!isObject(body)) return reject('no-dtmf');
  const { digit } = body;
  return typeof digit === 'string' && KEY.test(digit)
    ? { event: 'dtmf', ...place, digit }
    : reject('bad-digit');
}

function isMuLaw(format: unknown): boolean {
  return (
    isObject(format) &&
    format.encoding === 'audio/x-mulaw' &&
    wholeNumber(format.sampleRate) === 8000 &&
    wholeNumber(format.channels) === 1
  );
}

/** Twilio writes most numbers as strings; -1 for anything that is not a whole number. */
function wholeNumber(value: unknown): number {
  if (typeof value === 'string') return DIGITS.test(value) ? Number(value) : -1;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : -1;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasStringsOnly(value: Json): value is Readonly<Record<string, string>> {
  return Object.values(value).every((entry) => typeof entry === 'string');
}

function isSid(value: unknown): value is string {
  return typeof value === 'string' && SID.test(value);
}

function reject(rejected: RejectionReason): RejectedMessage {
  return { rejected };
}
