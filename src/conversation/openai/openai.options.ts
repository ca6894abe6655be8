import { z } from 'zod';
import type { VoiceCall } from '../../call/voice-call.js';
import { toolUseOptions } from '../tools/tool-use.options.js';

/** The same for all calls, or made for each. */
export type TextOfCall = string | ((call: VoiceCall) => string);

/** No more than a timer can take, ms. */
const limit = (value: number) => z.number().int().positive().max(600_000).default(value);
const name = (what: string) =>
  z
    .string({ error: `must be ${what}` })
    .trim()
    .min(1, `must be ${what}`);
const textOfCall = (what: string) =>
  z.custom<TextOfCall>(
    (value) => typeof value === 'function' || (typeof value === 'string' && value.trim() !== ''),
    `must be ${what}, or a function of the call that returns it`,
  );

export const DEFAULT_MODEL = 'gpt-4o-mini';
const OPENAI_URL = 'https://api.openai.com/v1';
const INSTRUCTIONS =
  'You are a friendly assistant on the telephone. Your answers are spoken aloud: one to three short sentences in ' +
  'plain words, without markdown, lists, links or emojis. Ask one question at a time. Speak the language of the ' +
  'caller. What you did not understand, ask to have repeated; what you do not know, say that you do not know.';

export const openAiAgentSchema = z.strictObject({
  /** Environment variable `OPENAI_API_KEY`; a server of your own that wants no key takes any word. */
  apiKey: name('an OpenAI API key (OPENAI_API_KEY)').regex(
    /^[\x21-\x7e]+$/,
    'must be an OpenAI API key (OPENAI_API_KEY): it holds characters that no key has',
  ),
  /** OpenAI, or any server that speaks its chat completions; `OPENAI_BASE_URL`. */
  baseUrl: z
    .url({ protocol: /^https?$/, error: `must be a URL such as ${OPENAI_URL} (OPENAI_BASE_URL)` })
    .transform((url) => url.replace(/\/+$/, ''))
    .default(OPENAI_URL),
  /** `OPENAI_MODEL`. */
  model: name('a model id such as gpt-4o-mini (OPENAI_MODEL)').default(DEFAULT_MODEL),
  /** Who the agent is and how it speaks: the system prompt; a function is asked at each turn. */
  instructions: textOfCall('a text that tells the model who it is').default(INSTRUCTIONS),
  /** Said when the call starts; default: the caller speaks first. */
  greeting: textOfCall('a text to greet the caller with').optional(),
  /** 0 varies least; default: the model's own, as some models take no other. */
  temperature: z.number().min(0).max(2).optional(),
  /** Longest answer, tokens. */
  maxTokens: z.number().int().positive().max(100_000).default(500),
  /** The field that tells `maxTokens`; default: the new one for OpenAI, the old one for other servers. */
  maxTokensField: z.enum(['max_completion_tokens', 'max_tokens']).optional(),
  /** Most entries of the history that the model is told, besides what the caller has just said. */
  historyTurns: z.number().int().min(0).max(10_000).default(30),
  /** Asks the server for the tokens of each answer; for servers that refuse to tell: false, and they are estimated. */
  includeUsage: z.boolean().default(true),
  /** How its tools are used; the tools themselves are given to `openAiAgentOptions`. */
  toolUse: toolUseOptions.prefault({}),
  phrases: z
    .strictObject({
      /** Said after an answer that reached `maxTokens`. */
      tooLong: z.string().default('… Shall I go on?'),
      /** Said when the server's content filter stopped an answer. */
      filtered: z.string().min(1).default('I am sorry, I cannot say more about that.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** From the request to the first word, ms; a connection that has to be made first included. */
      firstTokenMs: limit(5_000),
      /** Between two words, ms. */
      stallMs: limit(5_000),
    })
    .prefault({}),
});

/** Settings of the agent; `apiKey` has no default. */
export type OpenAiAgentOptions = z.input<typeof openAiAgentSchema>;
/** The options with every default filled in. */
export type ResolvedOpenAiAgentOptions = z.output<typeof openAiAgentSchema> & {
  readonly maxTokensField: NonNullable<OpenAiAgentOptions['maxTokensField']>;
};

/** DI token of the {@link OpenAiAgentOptions}. */
export const OPENAI_AGENT_OPTIONS = Symbol('OPENAI_AGENT_OPTIONS');

/** An agent's own options go before those that it shares; within `toolUse`, `phrases` and `limits` too. */
export function mergedOptions(
  shared: OpenAiAgentOptions,
  own: Partial<OpenAiAgentOptions>,
): OpenAiAgentOptions {
  return {
    ...shared,
    ...own,
    toolUse: { ...shared.toolUse, ...own.toolUse },
    phrases: { ...shared.phrases, ...own.phrases },
    limits: { ...shared.limits, ...own.limits },
  };
}

/**
 * @param of says whose options they are, in errors
 * @throws Error that names each wrong option and what it must be
 */
export function resolveOpenAiAgentOptions(options: OpenAiAgentOptions, of = ''): ResolvedOpenAiAgentOptions {
  const result = openAiAgentSchema.safeParse(options);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
    );
    throw new Error(`OpenAI agent${of}: ${problems.join('; ')}`);
  }
  const { data } = result;
  const field = new URL(data.baseUrl).hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens';
  return { ...data, maxTokensField: data.maxTokensField ?? field };
}
