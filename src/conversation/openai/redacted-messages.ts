import { redacted, type Redactor } from '../../call/redactor.js';
import type { ChatMessage } from './sdk.js';

/** What the model may be told of a conversation: all of it went through the redactor but the host's instructions. */
export function redactedMessages(messages: readonly ChatMessage[], redactor: Redactor): ChatMessage[] {
  return messages.map((message) =>
    message.role === 'system' || typeof message.content !== 'string'
      ? message
      : { ...message, content: redacted(redactor, message.content, 'model') },
  );
}
