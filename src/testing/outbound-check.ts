/** What a server may send on a bidirectional media stream. */
export type OutboundMessage =
  | { readonly event: 'media'; readonly streamSid: string; readonly media: { readonly payload: string } }
  | { readonly event: 'mark'; readonly streamSid: string; readonly mark: { readonly name: string } }
  | { readonly event: 'clear'; readonly streamSid: string };

/** A frame that Twilio warns about and drops, with Twilio's error code. */
export interface OutboundViolation {
  /** 31950: not a text frame. 31951: not a message Twilio knows. */
  readonly code: 31950 | 31951;
  readonly reason: string;
}

/** A message to Twilio, or what is wrong with it. */
export type OutboundCheck = { readonly ok: OutboundMessage } | { readonly violation: OutboundViolation };

type Fields = Readonly<Record<string, unknown>>;

/** Keys of each message and of the object inside it. */
const SHAPES: Readonly<Record<string, { readonly inner?: string; readonly field?: string }>> = {
  media: { inner: 'media', field: 'payload' },
  mark: { inner: 'mark', field: 'name' },
  clear: {},
};

/** First bytes of the formats people send by mistake, as Latin-1. */
const HEADERS: readonly { readonly format: string; readonly starts: string }[] = [
  { format: 'RIFF (wav)', starts: 'RIFF' },
  { format: 'ID3 (mp3)', starts: 'ID3' },
  { format: 'Ogg', starts: 'OggS' },
  { format: 'FLAC', starts: 'fLaC' },
  { format: 'au', starts: '.snd' },
  { format: 'AIFF', starts: 'FORM' },
  { format: 'WebM', starts: '\x1aE\xdf\xa3' },
];

/**
 * Judges one frame as Twilio does.
 *
 * @param raw the frame as it came off the socket
 * @param isBinary whether it was a binary frame
 * @param streamSid the stream it arrived on
 */
export function checkOutbound(raw: string | Buffer, isBinary: boolean, streamSid: string): OutboundCheck {
  if (isBinary) return { violation: { code: 31950, reason: 'binary frame' } };
  const message = parse(raw.toString());
  const reason = message === undefined ? 'not a JSON object' : faultOf(message, streamSid);
  if (reason !== undefined) return { violation: { code: 31951, reason } };
  return { ok: message as unknown as OutboundMessage };
}

/** The message, or undefined when the text is not a JSON object. */
function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultOf(message: Fields, streamSid: string): string | undefined {
  const event = message.event;
  const shape = typeof event === 'string' && Object.hasOwn(SHAPES, event) ? SHAPES[event] : undefined;
  if (shape === undefined) return `unknown event ${JSON.stringify(event)}`;
  const keys = ['event', 'streamSid', ...(shape.inner === undefined ? [] : [shape.inner])];
  const fault = keysFault(message, keys);
  if (fault !== undefined) return fault;
  if (message.streamSid !== streamSid)
    return `streamSid of another stream: ${JSON.stringify(message.streamSid)}`;
  if (shape.inner === undefined || shape.field === undefined) return undefined;
  return innerFault(message[shape.inner], shape.inner, shape.field);
}

function innerFault(inner: unknown, name: string, field: string): string | undefined {
  if (!isFields(inner)) return `${name} is not an object`;
  const fault = keysFault(inner, [field], `${name}.`);
  if (fault !== undefined) return fault;
  const value = inner[field];
  if (typeof value !== 'string') return `${name}.${field} is not a string`;
  return name === 'media' ? payloadFault(value) : undefined;
}

function keysFault(message: Fields, expected: readonly string[], prefix = ''): string | undefined {
  const missing = expected.find((key) => !Object.hasOwn(message, key));
  if (missing !== undefined) return `missing field ${prefix}${missing}`;
  const extra = Object.keys(message).find((key) => !expected.includes(key));
  return extra === undefined ? undefined : `extra field ${prefix}${extra}`;
}

function payloadFault(payload: string): string | undefined {
  if (payload === '') return 'empty payload';
  const audio = Buffer.from(payload, 'base64');
  if (audio.toString('base64') !== payload) return 'payload is not base64';
  const head = audio.subarray(0, 16).toString('latin1');
  const header = HEADERS.find(({ starts }) => head.startsWith(starts));
  return header === undefined ? undefined : `payload starts with a file header: ${header.format}`;
}
