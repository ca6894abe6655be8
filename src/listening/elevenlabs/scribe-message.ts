/** What the transcription socket says. */
export type ScribeMessage =
  | { readonly type: 'started' }
  | { readonly type: 'partial'; readonly text: string }
  | { readonly type: 'committed'; readonly text: string; readonly language?: string }
  /** The answer to a commit that came too early: there was less than 300 ms of new audio. */
  | { readonly type: 'throttled' }
  | { readonly type: 'error'; readonly code: string }
  /** Of no interest. */
  | { readonly type: 'other' };

/** Every message that reports an error, less the one that answers a commit. */
const ERRORS = new Set([
  'error',
  'auth_error',
  'quota_exceeded',
  'transcriber_error',
  'unaccepted_terms',
  'rate_limited',
  'input_error',
  'invalid_request',
  'queue_overflow',
  'resource_exhausted',
  'session_time_limit_exceeded',
  'chunk_size_exceeded',
]);

/**
 * @returns undefined for what is no message of this protocol
 * @see https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime
 */
export function parseScribeMessage(data: string): ScribeMessage | undefined {
  const message = parsed(data);
  const type = message?.['message_type'];
  if (message === undefined || typeof type !== 'string') return undefined;
  const text = typeof message['text'] === 'string' ? message['text'] : '';
  if (type === 'session_started') return { type: 'started' };
  if (type === 'partial_transcript') return { type: 'partial', text };
  if (type === 'committed_transcript') return { type: 'committed', text };
  if (type === 'committed_transcript_with_timestamps') {
    const language = message['language_code'];
    return { type: 'committed', text, ...(typeof language === 'string' ? { language } : {}) };
  }
  if (type === 'commit_throttled' || type === 'insufficient_audio_activity') return { type: 'throttled' };
  return ERRORS.has(type) ? { type: 'error', code: type } : { type: 'other' };
}

function parsed(data: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
