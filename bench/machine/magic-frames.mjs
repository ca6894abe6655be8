import { Buffer } from 'node:buffer';

const FRAME_BYTES = 160;

/** Stand for a decision in servers without voice detection of their own: as payloads, known by their first letters. */
export const SPEECH_STARTED = pattern(0x13, 0x5a);
export const SPEECH_STOPPED = pattern(0x2b, 0x6c);

/** Enough of the payload to tell it from any other. */
export const STARTED_PREFIX = SPEECH_STARTED.slice(0, 48);
export const STOPPED_PREFIX = SPEECH_STOPPED.slice(0, 48);

function pattern(even, odd) {
  const bytes = Buffer.alloc(FRAME_BYTES);
  for (let at = 0; at < FRAME_BYTES; at++) bytes[at] = at % 2 === 0 ? even : odd;
  return bytes.toString('base64');
}
