import { describe, expect, it } from '@jest/globals';
import { elevenLabsOptions, inspectEnvironment, readEnvironment, voiceOptions } from './environment.js';
import { LISTENING_PROFILES } from './listening/listening-profiles.js';
import { resolveOptions } from './twilio-voice.options.js';

const SID = `AC${'0a'.repeat(16)}`;

describe('the environment', () => {
  it('may be empty: loopback, unsigned, port 3000', () => {
    expect(voiceOptions(readEnvironment({}))).toEqual({ publicUrl: 'http://127.0.0.1:3000' });
  });

  it('takes blank variables, as a copied .env.example has them, for unset ones', () => {
    const blank = { PORT: '', PUBLIC_URL: '', TWILIO_ACCOUNT_SID: '', TWILIO_AUTH_TOKEN: '' };
    expect(voiceOptions(readEnvironment(blank))).toEqual(voiceOptions(readEnvironment({})));
  });

  it('becomes options that the module accepts', () => {
    const environment = readEnvironment({
      PORT: '8080',
      PUBLIC_URL: 'https://voice.example.com/',
      TWILIO_ACCOUNT_SID: SID,
      TWILIO_AUTH_TOKEN: 'secret',
      HOME: '/somewhere',
    });
    expect(environment.PORT).toBe(8080);
    expect(resolveOptions(voiceOptions(environment))).toMatchObject({
      publicUrl: 'https://voice.example.com',
      accountSid: SID,
      authTokens: ['secret'],
    });
  });

  it.each([
    [{ PORT: 'http' }, /PORT must be a port number such as 3000/],
    [{ PORT: '0' }, /PORT must be a port number from 1 to 65535/],
    [{ PORT: '70000' }, /PORT must be a port number from 1 to 65535/],
    [{ PORT: '30.5' }, /PORT must be a whole port number/],
    [{ PUBLIC_URL: 'voice.example.com' }, /PUBLIC_URL must be a URL such as https:/],
    [{ PUBLIC_URL: 'http://voice.example.com' }, /PUBLIC_URL must start with https:/],
    [{ PUBLIC_URL: 'https://voice.example.com' }, /TWILIO_AUTH_TOKEN is required with a public PUBLIC_URL/],
    [{ TWILIO_ACCOUNT_SID: 'AC123' }, /TWILIO_ACCOUNT_SID must be AC and 32 hex digits/],
    [{ PUBLIC_URL: 'https://a.example/?x=1', TWILIO_AUTH_TOKEN: 't' }, /PUBLIC_URL must carry no query/],
    [{ PUBLIC_URL: 'https://me:pw@a.example', TWILIO_AUTH_TOKEN: 't' }, /PUBLIC_URL must carry no user name/],
    [{ OPENAI_BASE_URL: 'https://me:pw@a.example/v1' }, /OPENAI_BASE_URL must carry no user name/],
    [{ TWILIO_PHONE_NUMBER: '0 15 00' }, /TWILIO_PHONE_NUMBER must be your Twilio number with \+/],
    [{ TWILIO_AUTH_TOKEN: ' ' }, /TWILIO_AUTH_TOKEN must be the auth token/],
    [{ OPENAI_API_KEY: 'sk–1' }, /OPENAI_API_KEY must be an API key .*: this one holds characters/],
    [{ ELEVENLABS_API_KEY: 'sk_1' }, /ELEVENLABS_VOICE_ID is required with ELEVENLABS_API_KEY/],
    [{ ELEVENLABS_BASE_URL: 'api.elevenlabs.io' }, /ELEVENLABS_BASE_URL must be a URL such as https:/],
  ])('that is wrong is refused with the name and the fix: %j', (values, message) => {
    expect(() => readEnvironment(values)).toThrow(message);
  });

  it.each([
    [{}, undefined],
    [{ ELEVENLABS_API_KEY: '', ELEVENLABS_VOICE_ID: 'anna' }, undefined],
    [
      { ELEVENLABS_API_KEY: 'sk_1', ELEVENLABS_VOICE_ID: 'anna' },
      { apiKey: 'sk_1', voiceId: 'anna' },
    ],
    [
      {
        ELEVENLABS_API_KEY: 'sk_1',
        ELEVENLABS_VOICE_ID: 'anna',
        ELEVENLABS_MODEL_ID: 'eleven_multilingual_v2',
        ELEVENLABS_BASE_URL: 'https://api.eu.residency.elevenlabs.io',
      },
      {
        apiKey: 'sk_1',
        voiceId: 'anna',
        model: 'eleven_multilingual_v2',
        baseUrl: 'https://api.eu.residency.elevenlabs.io',
      },
    ],
  ])('with a key chooses the ElevenLabs voice: %j', (values, options) => {
    const environment = readEnvironment(values);
    expect(elevenLabsOptions((name) => environment[name])).toEqual(options);
  });

  it('has no slash at the end of the public URL, as paths are joined to it and shown', () => {
    const values = { PUBLIC_URL: 'https://voice.example.com/phone//', TWILIO_AUTH_TOKEN: 'secret' };
    expect(readEnvironment(values).PUBLIC_URL).toBe('https://voice.example.com/phone');
  });

  it('takes no spaces around a key or a token', () => {
    const environment = readEnvironment({ TWILIO_AUTH_TOKEN: ' secret ', OPENAI_API_KEY: 'sk\n' });
    expect(environment).toMatchObject({ TWILIO_AUTH_TOKEN: 'secret', OPENAI_API_KEY: 'sk' });
  });

  it('tells what is right beside what is wrong, each variable once', () => {
    const { environment, problems } = inspectEnvironment({
      PORT: 'x',
      PUBLIC_URL: 'https://voice.example.com',
      OPENAI_BASE_URL: 'ftp:',
      OPENAI_MODEL: 'gpt-4o',
    });
    expect(environment).toMatchObject({ PORT: 3000, OPENAI_MODEL: 'gpt-4o' });
    expect(environment.OPENAI_BASE_URL).toBeUndefined();
    expect(problems.map(({ variable }) => variable).sort()).toEqual([
      'OPENAI_BASE_URL',
      'PORT',
      'TWILIO_AUTH_TOKEN',
    ]);
  });

  it('names everything that is wrong at once', () => {
    expect(() => readEnvironment({ PORT: 'x', TWILIO_ACCOUNT_SID: 'x' })).toThrow(
      /PORT[^]*TWILIO_ACCOUNT_SID/,
    );
  });
});

describe('the options', () => {
  it.each([
    [undefined, []],
    ['one', ['one']],
    [' one ', ['one']],
    [
      ['new', ' old'],
      ['new', 'old'],
    ],
  ])('take %j for auth tokens', (authToken, authTokens) => {
    expect(resolveOptions({ authToken })).toMatchObject({ authTokens });
  });

  it('take both auth tokens of the environment', () => {
    const environment = readEnvironment({
      TWILIO_AUTH_TOKEN: 'new',
      TWILIO_SECONDARY_AUTH_TOKEN: 'old',
    });
    expect(resolveOptions(voiceOptions(environment)).authTokens).toEqual(['new', 'old']);
  });

  it.each([
    [{ publicUrl: 'https://a.example' }, /authToken: is required because publicUrl is not loopback/],
    [{ publicUrl: 'http://a.example', authToken: 't' }, /publicUrl: must be https/],
    [{ publicUrl: 'ftp://127.0.0.1' }, /publicUrl: must start with https/],
    [{ publicUrl: 'https://a.example/?x=1', authToken: 't' }, /publicUrl: must carry no query/],
    [{ publicUrl: 'https://me:pw@a.example', authToken: 't' }, /publicUrl: must carry no user name/],
    [{ basePath: 'voice/' }, /basePath: must be path segments/],
    [{ basePath: '' }, /basePath: must be path segments/],
    [{ accountSid: 'x' }, /accountSid: must be AC/],
    [{ tokenSecret: 'short' }, /tokenSecret/],
    [{ playout: { leadMs: 0 } }, /playout\.leadMs/],
    [{ limits: { maxStreams: -1 } }, /limits\.maxStreams/],
    [{ limits: { maxStream: 1 } }, /maxStream/],
    [{ leadMs: 100 }, /leadMs/],
    [{ publicUrl: 'https://a.example/#', authToken: 't' }, /publicUrl: must carry no query/],
    [{ authToken: ' ' }, /authToken: must not be empty/],
    [{ authToken: [] }, /authToken: must be one auth token, or two/],
    [{ authToken: ['a', ' '] }, /authToken\.1: must not be empty/],
    [{ authToken: ['a', 'b', 'c'] }, /authToken: must be one auth token, or two/],
    [{ limits: { maxPendingPerAddress: 0 } }, /limits\.maxPendingPerAddress/],
    [{ conversation: { replyTimeoutMs: 3e9 } }, /conversation\.replyTimeoutMs/],
    [
      { playout: { fenceTimeoutMs: 5_000 } },
      /playout\.fenceTimeoutMs: must be less than listening\.endpointing/,
    ],
    [{ listening: { profile: 'hasty' } }, /listening\.profile/],
    [{ listening: { voicedMs: 100 } }, /voicedMs/],
    [{ listening: { talking: { probability: 2 } } }, /listening\.talking\.probability/],
    [
      { listening: { talking: { voicedMs: 900 } } },
      /listening\.talking\.voicedMs: must not be more than withinMs/,
    ],
    [
      { listening: { endpointing: { minMs: 9_000 } } },
      /listening\.endpointing\.minMs: must not be more than maxMs/,
    ],
    [{ listening: { echo: { expectedDb: 3 } } }, /listening\.echo\.expectedDb/],
  ])('that are wrong are refused with their name: %j', (options, message) => {
    expect(() => resolveOptions(options as never)).toThrow(message);
  });

  it('have the documented defaults', () => {
    expect(resolveOptions()).toMatchObject({
      publicUrl: 'http://127.0.0.1:3000',
      basePath: 'voice',
      limits: {
        startTimeoutMs: 5_000,
        tokenTtlMs: 60_000,
        maxPayloadBytes: 65_536,
        maxPendingSockets: 256,
        maxPendingPerAddress: 64,
        maxStreams: 500,
      },
      playout: { leadMs: 140, markSpacingMs: 80, fenceTimeoutMs: 500 },
      listening: LISTENING_PROFILES.balanced,
      conversation: { replyTimeoutMs: 10_000, stallTimeoutMs: 3_000 },
    });
  });

  it('are those of the listening profile, but for what is given', () => {
    const given = { profile: 'fast', talking: { voicedMs: 128, minimumDb: undefined }, stayDb: 3 } as const;
    const { fast } = LISTENING_PROFILES;
    expect(resolveOptions({ listening: given }).listening).toEqual({
      ...fast,
      talking: { ...fast.talking, voicedMs: 128 },
      stayDb: 3,
    });
  });

  it('take Infinity for no pacing', () => {
    expect(resolveOptions({ playout: { leadMs: Infinity } }).playout.leadMs).toBe(Infinity);
  });
});
