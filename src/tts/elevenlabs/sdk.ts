import type { ElevenLabsClient } from 'elevenlabs';
import { Agent, fetch as pooledFetch, Response } from 'undici';
import type { ResolvedElevenLabsOptions } from './elevenlabs.options.js';

/** Installs the SDK. */
export const INSTALL = 'npm install elevenlabs@npm:@elevenlabs/elevenlabs-js@^2.73.0';
/** Node's own fetch drops an idle connection after 4 s: every turn would pay for a new one. */
const KEEP_ALIVE_MS = 60_000;
/** Status that no server sends: the request was aborted, or nobody answered. */
export const NO_ANSWER = 599;

/** What is used of the official SDK. */
export interface SpeechClient {
  readonly textToSpeech: Pick<ElevenLabsClient['textToSpeech'], 'streamWithTimestamps'>;
  /** Closes its connections. */
  close(): Promise<void>;
}

/**
 * Loads the official SDK, which takes seconds and 100 MB: once, at boot, and only when it is configured.
 * @throws Error with the line that installs it
 */
export async function loadClient({ apiKey, baseUrl }: ResolvedElevenLabsOptions): Promise<SpeechClient> {
  const sdk = await load();
  const agent = new Agent({ keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS });
  const fetch = async (input: string, init: object) => {
    try {
      return await pooledFetch(input, { ...init, dispatcher: agent });
    } catch {
      return new Response(null, { status: NO_ANSWER }); // only an answer stops the SDK's own timer of 240 s
    }
  };
  const client = new sdk.ElevenLabsClient({
    apiKey,
    baseUrl,
    // One retry after a second's wait is longer than a caller's patience: the ladder tries other ways instead.
    maxRetries: 0,
    fetch: fetch as unknown as typeof globalThis.fetch,
  });
  return { textToSpeech: client.textToSpeech, close: () => agent.destroy() };
}

async function load(): Promise<{ ElevenLabsClient: typeof ElevenLabsClient }> {
  try {
    return await import('elevenlabs');
  } catch (cause) {
    throw new Error(`The ElevenLabs voice needs its SDK: ${INSTALL}`, { cause });
  }
}
