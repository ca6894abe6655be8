import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { VOICE } from '../src/index.js';
import { MediaStreamAdapter, TwilioVoiceModule, VoiceHealth, type VoiceHealthStatus } from '../src/index.js';
import { OperationsController } from '../src/operations.controller.js';
import { ScriptedAgent, ScriptedVoice, VirtualClock } from '../src/testing/index.js';

let app: INestApplication;
let status: VoiceHealthStatus;
beforeEach(async () => {
  status = { status: 'up', streams: 2, maxStreams: 500 };
  const providers = [{ provide: VOICE, useValue: new ScriptedVoice(new VirtualClock()) }];
  const module = await Test.createTestingModule({
    imports: [TwilioVoiceModule.forRoot({ agent: ScriptedAgent, providers })],
    controllers: [OperationsController],
  })
    .overrideProvider(ScriptedAgent)
    .useValue(new ScriptedAgent(new VirtualClock(), ['Hello.']))
    .overrideProvider(VoiceHealth)
    .useValue({
      get status() {
        return status;
      },
    })
    .compile();
  app = module.createNestApplication({ logger: false });
  MediaStreamAdapter.install(app);
  await app.listen(0, '127.0.0.1');
});
afterEach(() => app.close());

/** GET over a real connection, with headers that fetch would not send. */
function get(path: string, headers: Record<string, string> = {}) {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body });
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('the standalone host tells those who run it', () => {
  it('that it lives, and how many calls there are', async () => {
    expect(JSON.parse((await get('/health')).body)).toEqual({ status: 'ok', calls: 0 });
  });

  it('whether it takes another call', async () => {
    expect((await get('/ready')).status).toBe(200);
    status = { status: 'down', reason: 'draining', streams: 2, maxStreams: 500 };
    const { status: code, body } = await get('/ready');
    expect(code).toBe(503);
    expect(JSON.parse(body)).toEqual(status);
  });

  it('its metrics, on this machine', async () => {
    const { status: code, type, body } = await get('/metrics');
    expect(code).toBe(200);
    expect(type).toContain('version=0.0.4');
    expect(body).toContain('twilio_voice_calls_in_progress 0');
  });

  it.each<[string, Record<string, string>]>([
    ['a proxy', { 'x-forwarded-for': '192.0.2.1' }],
    ['a tunnel', { 'cf-connecting-ip': '192.0.2.1' }],
    ['a web page', { origin: 'https://page.example' }],
    ['a name that leads here', { host: 'rebound.example' }],
  ])('its metrics to nobody who comes by %s', async (_, headers) => {
    expect((await get('/metrics', headers)).status).toBe(403);
  });
});
