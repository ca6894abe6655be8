import { type ChatRequest, lastUserText } from './chat-request.js';

/** A function that the model wants called. */
export interface ScriptedToolCall {
  readonly name: string;
  /** An object becomes JSON; a string is sent as it is, broken JSON too. */
  readonly arguments: string | Readonly<Record<string, unknown>>;
  /** `call_N` by default. */
  readonly id?: string;
}

/** An answer that is more than text. */
export interface ScriptedChatAnswer {
  readonly text?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** By default `stop`, `tool_calls` or `length`, as the answer is. */
  readonly finishReason?: 'stop' | 'length' | 'content_filter' | 'tool_calls';
}

/** An answer: its text alone, or more than that. */
export type ChatAnswer = string | ScriptedChatAnswer;
/** What the server says, or how to find out. */
export type ChatScript = ChatAnswer | ((request: ChatRequest) => ChatAnswer);

const noScript = (request: ChatRequest): string => {
  const said = lastUserText(request);
  return said === '' ? 'I have no script.' : `I have no script. You said: ${said}`;
};

/** Answers in their order, each once; then what is said otherwise. */
export class AnswerScript {
  readonly #queue: ChatScript[] = [];
  #otherwise: ChatScript = noScript;

  add(answers: readonly ChatScript[]): void {
    this.#queue.push(...answers);
  }

  set otherwise(answer: ChatScript) {
    this.#otherwise = answer;
  }

  next(request: ChatRequest): ScriptedChatAnswer {
    const script = this.#queue.shift() ?? this.#otherwise;
    const answer = typeof script === 'function' ? script(request) : script;
    return typeof answer === 'string' ? { text: answer } : answer;
  }
}
