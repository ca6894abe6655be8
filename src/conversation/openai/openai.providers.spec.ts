import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { VOICE_AGENT } from '../voice-agent.js';
import { TwilioVoiceModule } from '../../twilio-voice.module.js';
import { MediaStreamAdapter } from '../../twilio/media-stream.adapter.js';
import { OpenAiAgent } from './openai-agent.js';
import { mergedOptions, resolveOpenAiAgentOptions } from './openai.options.js';
import { openAiAgentOptions, openAiAgentOptionsAsync } from './openai.providers.js';

describe('the options of the OpenAI agent', () => {
  it('have defaults, except for the key', () => {
    expect(resolveOpenAiAgentOptions({ apiKey: ' key ' })).toMatchObject({
      apiKey: 'key',
      baseUrl: 'https://api.openai.com/v1',
      model: 'gpt-4o-mini',
      maxTokens: 500,
      maxTokensField: 'max_completion_tokens',
      historyTurns: 30,
      limits: { firstTokenMs: 5_000, stallMs: 5_000 },
    });
    expect(resolveOpenAiAgentOptions({ apiKey: 'k', baseUrl: 'http://127.0.0.1:1/v1/' })).toMatchObject({
      baseUrl: 'http://127.0.0.1:1/v1',
      maxTokensField: 'max_tokens',
    });
  });

  it('of one agent go before those it shares, within groups too', () => {
    const shared = { apiKey: 'k', model: 'a', maxTokens: 7, limits: { stallMs: 1, firstTokenMs: 2 } };
    expect(mergedOptions(shared, { model: 'b', limits: { stallMs: 3 } })).toEqual({
      apiKey: 'k',
      model: 'b',
      maxTokens: 7,
      limits: { stallMs: 3, firstTokenMs: 2 },
      phrases: {},
      toolUse: {},
    });
  });

  it.each([
    [{ apiKey: '' }, /apiKey: must be an OpenAI API key \(OPENAI_API_KEY\)/],
    [{ apiKey: 'naïve' }, /apiKey: .*OPENAI_API_KEY/],
    [{ apiKey: undefined }, /apiKey: .*OPENAI_API_KEY/],
    [{ baseUrl: 'ftp://x' }, /baseUrl: .*OPENAI_BASE_URL/],
    [{ model: '' }, /model: .*OPENAI_MODEL/],
    [{ instructions: ' ' }, /instructions: must be/],
    [{ greeting: '' }, /greeting: must be/],
    [{ maxTokens: 0 }, /maxTokens: /],
    [{ temperature: 3 }, /temperature: /],
    [{ limits: { stallMs: 0 } }, /limits\.stallMs: /],
    [{ temprature: 1 }, /options: .*temprature/],
  ])('are refused by name: %j', (wrong, message) => {
    expect(() => openAiAgentOptions({ apiKey: 'k', ...wrong } as never)).toThrow(message);
  });
});

describe('the OpenAI agent in Nest', () => {
  const agentIn = async (providers: ReturnType<typeof openAiAgentOptions>): Promise<unknown> => {
    const module = await Test.createTestingModule({
      imports: [TwilioVoiceModule.forRoot({ agent: OpenAiAgent, providers })],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    app.useWebSocketAdapter(new MediaStreamAdapter(app));
    await app.init();
    const agent: unknown = app.get(VOICE_AGENT, { strict: false });
    await app.close();
    return agent;
  };

  it('is the agent of the module', async () => {
    expect(await agentIn(openAiAgentOptions({ apiKey: 'k' }))).toBeInstanceOf(OpenAiAgent);
  });

  it('takes its options from a factory', async () => {
    const providers = openAiAgentOptionsAsync({ useFactory: () => Promise.resolve({ apiKey: 'k' }) });
    expect(await agentIn(providers)).toBeInstanceOf(OpenAiAgent);
  });

  it('stops the boot with the name of a wrong option', async () => {
    const providers = openAiAgentOptionsAsync({ useFactory: () => ({ apiKey: '' }) });
    await expect(agentIn(providers)).rejects.toThrow(/OPENAI_API_KEY/);
  });
});
