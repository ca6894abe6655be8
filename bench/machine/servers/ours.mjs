import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { MediaStreamAdapter, TwilioVoiceModule, VOICE } from '../../../dist/index.js';
import { DETECTORS, LISTENING } from '../detectors.mjs';
import { CachedVoice } from './cached-voice.mjs';

/** Words of a reply: longer than any run. */
const WORDS = 120;

class TalkativeAgent {
  onCallStart() {
    return longReply();
  }

  reply() {
    return longReply();
  }
}

const longReply = () => 'and so on '.repeat(WORDS / 3);

/** A Nest host as any other; only voice and agent are made to cost nothing. */
export async function start({ agentFile, detector }) {
  const voice = new CachedVoice(await readFile(agentFile));
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const providers = [{ provide: VOICE, useValue: voice }, ...DETECTORS[detector].providers];
  const module = TwilioVoiceModule.forRoot({
    agent: TalkativeAgent,
    publicUrl,
    providers,
    listening: LISTENING,
    conversation: { disclosure: '' },
  });
  const app = await NestFactory.create(module, { rawBody: true, logger: ['error'] });
  MediaStreamAdapter.install(app);
  await app.listen(port, '127.0.0.1');
  return { incomingUrl: `${publicUrl}/voice/incoming` };
}

/** The public URL has to be known before the server listens. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
