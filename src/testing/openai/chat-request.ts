/** A message of the conversation so far, as the client sent it. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly [field: string]: unknown;
}

/** The body of a request, with whatever else is in it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean;
  readonly [field: string]: unknown;
}

/** @returns undefined for a body that is no request */
export function chatRequest(body: unknown): ChatRequest | undefined {
  const { model, messages } = Object(body) as { model?: unknown; messages?: unknown };
  const isOne =
    typeof model === 'string' &&
    Array.isArray(messages) &&
    messages.length > 0 &&
    messages.every((message) => typeof (Object(message) as ChatMessage).role === 'string');
  return isOne ? (body as ChatRequest) : undefined;
}

/** Text of the newest message of the user; empty when there is none. */
export function lastUserText({ messages }: ChatRequest): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  return typeof content === 'string' ? content : '';
}

/** The most tokens an answer may have, by its new name or by its old one. */
export function tokenLimit(request: ChatRequest): number {
  const limit = request['max_completion_tokens'] ?? request['max_tokens'];
  return typeof limit === 'number' ? limit : Infinity;
}
