import type { ScriptedChatAnswer, ScriptedToolCall } from './answers.js';
import { type ChatRequest, tokenLimit } from './chat-request.js';
import { tokensOf } from './tokens.js';

/** A token and the change that tells it. */
export interface Token {
  readonly delta: Readonly<Record<string, unknown>>;
}

/** An answer as it is sent: in chunks, or as a whole. */
export class Completion {
  readonly tokens: readonly Token[];
  readonly #id: string;
  readonly #created: number;
  readonly #request: ChatRequest;
  readonly #answer: ScriptedChatAnswer;
  readonly #text: readonly string[];
  readonly #finishReason: string;

  /** @param number of the answer, counted from 1 */
  constructor(number: number, createdMs: number, request: ChatRequest, answer: ScriptedChatAnswer) {
    this.#id = `chatcmpl-local-${number}`;
    this.#created = Math.floor(createdMs / 1_000);
    this.#request = request;
    this.#answer = answer;
    const all = tokensOf(answer.text ?? '');
    this.#text = all.slice(0, tokenLimit(request));
    const isCut = this.#text.length < all.length;
    const calls = isCut ? [] : (answer.toolCalls ?? []);
    this.#finishReason = isCut
      ? 'length'
      : (answer.finishReason ?? (calls.length > 0 ? 'tool_calls' : 'stop'));
    this.tokens = [
      ...this.#text.map((content) => ({ delta: { content } })),
      ...calls.flatMap((call, index) => callTokens(call, index)),
    ];
  }

  /** The first chunk, which comes with the first token. */
  get role(): string {
    return this.#chunk({ role: 'assistant', content: '', refusal: null }, null);
  }

  chunk({ delta }: Token): string {
    return this.#chunk(delta, null);
  }

  /** What follows the last token: the finish reason, and the usage for those who asked for it. */
  get last(): readonly string[] {
    const options = Object(this.#request['stream_options']) as { include_usage?: unknown };
    const finish = this.#chunk({}, this.#finishReason);
    return options.include_usage === true
      ? [finish, this.#event({ choices: [], usage: this.#usage })]
      : [finish];
  }

  /** The answer as a whole. */
  get whole(): unknown {
    const { toolCalls } = this.#answer;
    const message = {
      role: 'assistant',
      content: this.#text.length === 0 && toolCalls !== undefined ? null : this.#text.join(''),
      refusal: null,
      ...(this.#finishReason === 'tool_calls' ? { tool_calls: toolCalls?.map(wholeCall) } : {}),
    };
    return {
      ...this.#head('chat.completion'),
      choices: [{ index: 0, message, logprobs: null, finish_reason: this.#finishReason }],
      usage: this.#usage,
    };
  }

  #chunk(delta: unknown, finishReason: string | null): string {
    return this.#event({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] });
  }

  #event(content: object): string {
    return JSON.stringify({ ...this.#head('chat.completion.chunk'), ...content });
  }

  #head(object: string) {
    return { id: this.#id, object, created: this.#created, model: this.#request.model };
  }

  get #usage() {
    const prompt = tokensOf(this.#request.messages.map(({ content }) => String(content)).join(' ')).length;
    const completion = this.tokens.length;
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  }
}

const callId = ({ id }: ScriptedToolCall, index: number) => id ?? `call_${index + 1}`;
const argumentsOf = ({ arguments: value }: ScriptedToolCall) =>
  typeof value === 'string' ? value : JSON.stringify(value);

const wholeCall = (call: ScriptedToolCall, index: number) => ({
  id: callId(call, index),
  type: 'function',
  function: { name: call.name, arguments: argumentsOf(call) },
});

function callTokens(call: ScriptedToolCall, index: number): Token[] {
  const head = {
    index,
    id: callId(call, index),
    type: 'function',
    function: { name: call.name, arguments: '' },
  };
  const parts = tokensOf(argumentsOf(call)).map((part) => ({ index, function: { arguments: part } }));
  return [head, ...parts].map((toolCall) => ({ delta: { tool_calls: [toolCall] } }));
}
