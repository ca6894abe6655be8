import type { OpenAI } from 'openai';
import { Agent, fetch as pooledFetch } from 'undici';
import type { ResolvedOpenAiAgentOptions } from './openai.options.js';

/** Installs the SDK. */
export const INSTALL = 'npm install openai@^6.30.0';
/** Node's own fetch drops an idle connection after 4 s: every turn would pay for a new one. */
const KEEP_ALIVE_MS = 60_000;

export type ChatBody = OpenAI.ChatCompletionCreateParamsStreaming;
export type ChatChunk = OpenAI.ChatCompletionChunk;
export type ChatMessage = OpenAI.ChatCompletionMessageParam;

/** What is used of the official SDK. */
export interface ChatClient {
  /**
   * @param signal of this request alone: the SDK never removes its listener
   * @param timeoutMs until the headers
   */
  stream(body: ChatBody, signal: AbortSignal, timeoutMs: number): Promise<AsyncIterable<ChatChunk>>;
  /** Closes its connections. */
  close(): Promise<void>;
}

/**
 * Loads the official SDK: once, at boot, and only when it is configured.
 * @throws Error with the line that installs it
 */
export async function loadChatClient({ apiKey, baseUrl }: ResolvedOpenAiAgentOptions): Promise<ChatClient> {
  const sdk = await load();
  const agent = new Agent({ keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS });
  const fetch = (input: string, init: object) => pooledFetch(input, { ...init, dispatcher: agent });
  const client = new sdk.OpenAI({
    apiKey,
    baseURL: baseUrl,
    maxRetries: 0, // a caller cannot wait for them
    logLevel: 'off', // it would print what was said
    fetch: fetch as unknown as typeof globalThis.fetch,
  });
  return {
    stream: (body, signal, timeout) =>
      client.chat.completions.create(body, { signal, maxRetries: 0, timeout }),
    close: () => agent.destroy(),
  };
}

async function load(): Promise<{ OpenAI: typeof OpenAI }> {
  try {
    return await import('openai');
  } catch (cause) {
    throw new Error(`The OpenAI agent needs its SDK: ${INSTALL}`, { cause });
  }
}
