import 'reflect-metadata';
import type { Server } from 'node:http';
import { ConsoleLogger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { DEFAULT_MODEL } from './conversation/openai/openai.options.js';
import { elevenLabsOptions, openAiOptions, type Environment } from './environment.js';
import { SHARING_STATUS, type SharingStatus } from './sharing/sharing-status.js';
import { MediaStreamAdapter } from './twilio/media-stream.adapter.js';

const NEST_CHATTER = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Leaves out Nest's own start-up lines, so that what the user has to know can be seen. */
class HostLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!NEST_CHATTER.has(String(rest.at(-1)))) super.log(message, ...rest);
  }
}

const logger = new HostLogger();
const say = (message: string) => {
  logger.log(message, 'Host');
};

function fail(error: unknown): never {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  const busy = `Port ${port ?? ''} is in use: set PORT to another one, or stop the program that has it.`;
  logger.error(code === 'EADDRINUSE' ? busy : message, undefined, 'Host');
  process.exit(1);
}

process.once('unhandledRejection', fail); // the configuration is checked while the app module is imported
try {
  const { AppModule } = await import('./app.module.js');
  const app = await NestFactory.create(AppModule, { rawBody: true, abortOnError: false, logger });
  MediaStreamAdapter.install(app);
  app.enableShutdownHooks(undefined, { useProcessExit: true }); // code 0, once the calls are over
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  const port = config.get('PORT', { infer: true });
  const publicUrl = config.get('PUBLIC_URL', { infer: true }) ?? `http://127.0.0.1:${port}`;
  // Node waits a minute for a request's headers and five for the rest: nobody who calls in needs that long.
  Object.assign(app.getHttpServer() as Server, { headersTimeout: 10_000, requestTimeout: 20_000 });
  await app.listen(port);
  process.off('unhandledRejection', fail);
  say(`nestjs-twilio-voice answers calls on port ${port}`);
  const voiceId = elevenLabsOptions((name) => config.get(name, { infer: true }))?.voiceId;
  const model = openAiOptions((name) => config.get(name, { infer: true }));
  const agent =
    model === undefined
      ? 'the demo agent, which talks until you interrupt it'
      : `the language model ${model.model ?? DEFAULT_MODEL}`;
  say(`Voice: ${voiceId === undefined ? 'offline (flite)' : `ElevenLabs ${voiceId}`}. Agent: ${agent}.`);
  if (config.get('REDIS_URL', { infer: true }) !== undefined)
    say(
      app.get<SharingStatus>(SHARING_STATUS, { strict: false }).isUp
        ? 'Calls, tokens and limits are shared with the other instances through Redis.'
        : 'Redis is away: calls are answered, and shared with the other instances once it is back.',
    );
  if (model !== undefined && voiceId === undefined)
    logger.warn('Without ELEVENLABS_API_KEY the model is not told what the caller says', 'Host');
  say(
    publicUrl.startsWith('https:')
      ? 'Next: give your Twilio number that webhook; npm run doctor checks the whole'
      : 'Next: npm run demo places a simulated call; README.md tells how to put this on a real number',
  );
} catch (error) {
  fail(error);
}
