import type { ServerOptions } from 'ws';
import type { ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

/** Marks, as a gateway's `transport` option, a gateway that wants raw `ws` sockets from the MediaStreamAdapter. */
export const MEDIA_STREAM = Symbol('MEDIA_STREAM');

/** A message in thousands of pieces takes hundreds of times its length in memory; Twilio's come in one. */
const PIECES = { maxFragments: 64, maxBufferedChunks: 1_024 };

/** Of the `ws` server of media streams. */
export function streamServerOptions({
  limits,
}: Pick<ResolvedTwilioVoiceOptions, 'limits'>): ServerOptions & typeof PIECES {
  return { perMessageDeflate: false, maxPayload: limits.maxPayloadBytes, ...PIECES };
}
