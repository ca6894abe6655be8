import { type ChatRequest, lastUserText } from './chat-request.js';
import type { OpenAiFault } from './faults.js';

/** An HTTP answer that is an error. */
export interface ChatRefusal {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The documented error body. */
function refusal(status: number, type: string, code: string | null, message: string): ChatRefusal {
  const error = { message, type, param: null, code };
  return { status, type: 'application/json', body: JSON.stringify({ error }) };
}

export const unknownPath = (method: string, path: string): ChatRefusal =>
  refusal(404, 'invalid_request_error', 'unknown_url', `Unknown request URL: ${method} ${path}.`);

export const wrongKey = (): ChatRefusal =>
  refusal(401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.');

export const invalidRequest = (): ChatRefusal =>
  refusal(400, 'invalid_request_error', null, 'model and messages are required.');

export const unknownModel = (model: string): ChatRefusal =>
  refusal(404, 'invalid_request_error', 'model_not_found', `The model '${model}' does not exist.`);

/** What a fault with a status answers; undefined for other kinds. */
export function faultRefusal({ kind, code }: OpenAiFault, request: ChatRequest): ChatRefusal | undefined {
  switch (kind) {
    case '400':
      return refusal(400, 'invalid_request_error', null, `Invalid content: '${lastUserText(request)}'.`);
    case '401':
      return wrongKey();
    case '404':
      return unknownModel(request.model);
    case '429':
      return code === 'insufficient_quota'
        ? refusal(429, 'insufficient_quota', code, 'You exceeded your current quota.')
        : refusal(429, 'requests', 'rate_limit_exceeded', 'Rate limit reached.');
    case '500':
      return refusal(500, 'server_error', null, 'The server had an error.');
    case '503':
      return {
        status: 503,
        type: 'text/html',
        body: '<html><head><title>503 Service Temporarily Unavailable</title></head><body>503</body></html>',
      };
    default:
      return undefined;
  }
}
