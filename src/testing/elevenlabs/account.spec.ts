import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ElevenLabsClient } from 'elevenlabs';
import { ElevenLabsServer } from './elevenlabs-server.js';

describe('the account at the local server, asked by the SDK,', () => {
  let server: ElevenLabsServer;

  beforeAll(async () => {
    server = await ElevenLabsServer.start({ apiKey: 'sk_1', voices: ['anna'] });
  }, 60_000);

  afterAll(() => server.close());

  const client = (apiKey = 'sk_1') => new ElevenLabsClient({ apiKey, baseUrl: server.url, maxRetries: 0 });

  it('tells a voice', async () => {
    expect(await client().voices.get('anna')).toMatchObject({ voiceId: 'anna' });
  });

  it('has no other voice', async () => {
    await expect(client().voices.get('Anna')).rejects.toMatchObject({
      statusCode: 404,
      body: { detail: { code: 'voice_not_found' } },
    });
  });

  it('lists models, with and without speech', async () => {
    const models = await client().models.list();
    expect(models.filter(({ canDoTextToSpeech }) => canDoTextToSpeech === true).length).toBeGreaterThan(1);
    expect(models).toContainEqual(
      expect.objectContaining({ modelId: 'eleven_english_sts_v2', canDoTextToSpeech: false }),
    );
  });

  it.each(['voices', 'models'] as const)('tells nothing of its %s to a wrong key', async (what) => {
    const wrong = client('sk_2');
    const asked: Promise<unknown> = what === 'voices' ? wrong.voices.get('anna') : wrong.models.list();
    await expect(asked).rejects.toMatchObject({ statusCode: 401 });
  });
});
