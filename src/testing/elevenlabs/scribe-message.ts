import type { ScribeQuery } from './scribe-query.js';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** `input_audio_chunk`, the only message of a client. */
export interface ScribeChunk {
  readonly audio: Uint8Array;
  readonly commit: boolean;
}

/** @throws Error that says what is wrong with it */
export function readScribeChunk(
  message: Readonly<Record<string, unknown>> | undefined,
  { sample_rate: rate }: ScribeQuery,
  isFirst: boolean,
): ScribeChunk {
  if (message === undefined) throw new Error('Messages must be JSON objects in text frames.');
  const { message_type: type, audio_base_64: audio, sample_rate: ownRate = rate, commit = false } = message;
  if (type !== 'input_audio_chunk') throw new Error(`Unknown message type: ${String(type)}.`);
  if (typeof audio !== 'string' || audio.length % 4 !== 0 || !BASE64.test(audio))
    throw new Error('audio_base_64 must be base64.');
  if (typeof commit !== 'boolean') throw new Error('commit must be a boolean.');
  if (ownRate !== rate) throw new Error(`sample_rate must be that of the audio format, ${rate}.`);
  if (!isFirst && (message['previous_text'] ?? undefined) !== undefined)
    throw new Error('previous_text is for the first chunk only.');
  return { audio: Buffer.from(audio, 'base64'), commit };
}

/** As the journal keeps it: in place of the audio its length, bytes. */
export function withoutAudio(message: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { audio_base_64: audio } = message;
  if (typeof audio !== 'string') return message;
  return { ...message, audio_base_64: Buffer.byteLength(audio, 'base64') };
}
