import { describe, expect, it } from '@jest/globals';
import { StandardRedactor } from '../../call/redactor.js';
import { redactedMessages } from './redacted-messages.js';
import type { ChatMessage } from './sdk.js';

const CARD = '4111 1111 1111 1111';

describe('messages to a model', () => {
  it.each<[string, ChatMessage, boolean]>([
    ['the caller', { role: 'user', content: CARD }, true],
    ['the agent', { role: 'assistant', content: CARD }, true],
    ['a tool', { role: 'tool', tool_call_id: 'a', content: `{"card":"${CARD}"}` }, true],
    ['the host, as instructions', { role: 'system', content: `Test card: ${CARD}` }, false],
  ])('of %s, with a card number in them, go through the redactor as they should', (_, message, isMasked) => {
    const [shown] = redactedMessages([message], new StandardRedactor());
    expect(JSON.stringify(shown).includes(CARD)).toBe(!isMasked);
    expect({ ...shown, content: message.content }).toEqual(message);
  });

  it('without any content stay as they are', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } } as const;
    const message: ChatMessage = { role: 'assistant', content: null, tool_calls: [call] };
    expect(redactedMessages([message], new StandardRedactor())).toEqual([message]);
  });
});
