import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import type { Environment } from './environment.js';
import { MediaStreamAdapter } from './twilio/media-stream.adapter.js';

const logger = new Logger('Host');

try {
  const { AppModule } = await import('./app.module.js'); // its import already checks the environment
  const app = await NestFactory.create(AppModule, {
    rawBody: true,
    abortOnError: false,
    logger: ['error', 'warn', 'log'],
  });
  MediaStreamAdapter.install(app);
  app.enableShutdownHooks();
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  const port = config.get('PORT', { infer: true });
  const publicUrl = config.get('PUBLIC_URL', { infer: true }) ?? `http://127.0.0.1:${port}`;
  await app.listen(port);
  logger.log(`nestjs-twilio-voice answers calls at ${publicUrl}/voice/incoming`);
  logger.log('Voice: offline (flite). Agent: the demo agent, which talks until you interrupt it.');
  logger.log(
    publicUrl.startsWith('https:')
      ? `Next: set your Twilio number's voice webhook to POST ${publicUrl}/voice/incoming`
      : 'Next: npm run demo places a simulated call; README.md tells how to put this on a real number',
  );
} catch (error) {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  logger.error(
    code === 'EADDRINUSE'
      ? `Port ${port ?? ''} is in use: set PORT to another one, or stop the program that has it.`
      : (message ?? String(error)),
  );
  process.exit(1);
}
