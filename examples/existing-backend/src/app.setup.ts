import { type INestApplication, ValidationPipe } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MediaStreamAdapter } from 'nestjs-twilio-voice';

/** What `main.ts` and the end-to-end tests share. */
export function configureApp(app: INestApplication): void {
  app.setGlobalPrefix('api');
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  app.enableShutdownHooks();
  MediaStreamAdapter.install(app); // after useWebSocketAdapter, if you call it, and before listen
}

export function httpAdapter(): AbstractHttpAdapter {
  return process.env.HTTP_PLATFORM === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
}
