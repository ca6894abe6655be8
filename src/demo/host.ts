import { createServer } from 'node:net';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CallRegistry } from '../call/call-registry.js';
import { STREAM_ACCEPTOR } from '../call/stream.js';
import { DemoAgent } from '../conversation/demo-agent.js';
import { MediaStreamAdapter } from '../twilio/media-stream.adapter.js';
import { TwilioVoiceModule } from '../twilio-voice.module.js';
import { WithoutClear } from './without-clear.js';

const LOOPBACK = '127.0.0.1';

export interface DemoHost {
  readonly incomingUrl: string;
  readonly calls: CallRegistry;
  close(): Promise<void>;
}

/** Starts a real server on loopback; settings come from here alone, so that no `.env` changes the demo. */
export async function startHost(withoutClear: boolean): Promise<DemoHost> {
  const port = await freePort();
  const publicUrl = `http://${LOOPBACK}:${port}`;

  const app = await NestFactory.create(voiceModule(publicUrl, withoutClear), {
    rawBody: true,
    abortOnError: false,
    logger: ['error'],
  });
  MediaStreamAdapter.install(app);
  await app.listen(port, LOOPBACK);
  return {
    incomingUrl: `${publicUrl}/voice/incoming`,
    calls: app.get(CallRegistry, { strict: false }),
    close: () => app.close(),
  };
}

function voiceModule(publicUrl: string, withoutClear: boolean): DynamicModule {
  if (!withoutClear) return TwilioVoiceModule.forRoot({ agent: DemoAgent, publicUrl });
  return TwilioVoiceModule.forRoot({
    agent: DemoAgent,
    publicUrl,
    playout: { leadMs: Infinity },
    providers: [
      {
        provide: STREAM_ACCEPTOR,
        inject: [CallRegistry],
        useFactory: (calls: CallRegistry) => new WithoutClear(calls),
      },
    ],
  });
}

/** The public URL has to be known before the server listens. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, LOOPBACK, resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port on loopback');
  return address.port;
}
