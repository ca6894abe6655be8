import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TwilioVoiceModule } from '../twilio-voice.module.js';

class Agent {
  reply = () => '';
}

const lines: string[] = [];
const logger = {
  log: (message: unknown) => void lines.push(String(message)),
  warn: () => undefined,
  error: () => undefined,
};
const moduleAt = (publicUrl: string) =>
  TwilioVoiceModule.forRoot({
    agent: Agent,
    publicUrl,
    authToken: '0123456789abcdef',
    upgrades: 'http-server',
  });
const told = () => lines.filter((line) => line.includes('https://'));

afterEach(() => {
  lines.length = 0;
  Logger.overrideLogger(false);
});

describe('the webhook for the Twilio number', () => {
  it.each([
    ['https://voice.example.com', undefined, []],
    ['https://voice.example.com/api', 'api', []],
    ['https://voice.example.com', 'api', []],
    ['https://voice.example.com', 'api', ['voice/incoming']],
  ])('is logged once at boot: %s, prefix %s without %j', async (publicUrl, prefix, exclude) => {
    const app = await NestFactory.create(moduleAt(publicUrl), { logger, abortOnError: false });
    if (prefix !== undefined) app.setGlobalPrefix(prefix, { exclude });
    await app.init();
    const path = prefix === undefined || exclude.length > 0 ? '' : '/api';
    expect(told()).toEqual([
      `Webhook for your Twilio number: POST https://voice.example.com${path}/voice/incoming`,
    ]);
    await app.close();
  });

  it('is not logged where nobody can call, as in a worker', async () => {
    const worker = await NestFactory.createApplicationContext(moduleAt('https://voice.example.com'), {
      logger,
      abortOnError: false,
    });
    expect(lines).not.toEqual([]);
    expect(told()).toEqual([]);
    await worker.close();
  });
});
