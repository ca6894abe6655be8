import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenAI } from 'openai';
import { OpenAiServer, type OpenAiServerOptions } from './openai-server.js';

describe('a model that the SDK asks for by name', () => {
  let server: OpenAiServer;

  async function ask(options: OpenAiServerOptions, apiKey = 'sk'): Promise<unknown> {
    server = await OpenAiServer.start({ apiKey: 'sk', ...options });
    return new OpenAI({ apiKey, baseURL: server.url, maxRetries: 0 }).models.retrieve('org/gpt-4o');
  }

  afterEach(() => server.close());

  it('is there by default, whatever its name', async () => {
    expect(await ask({})).toMatchObject({ id: 'org/gpt-4o', object: 'model' });
  });

  it.each([
    ['is not there when others are', { models: ['gpt-4o'] }, 'sk', 404, 'model_not_found'],
    ['cannot be asked for where models are unlisted', { models: 'unlisted' }, 'sk', 404, 'unknown_url'],
    ['is not told to a wrong key', {}, 'other', 401, 'invalid_api_key'],
  ] as const)('%s', async (_, options, key, status, code) => {
    await expect(ask(options, key)).rejects.toMatchObject({ status, code });
  });
});
