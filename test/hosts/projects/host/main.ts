import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { MediaStreamAdapter } from 'nestjs-twilio-voice';
import { AppModule } from './app.module.js';
import { settings } from './settings.js';

async function main(): Promise<void> {
  const cell = settings();
  const module = AppModule.for(cell);
  const app: INestApplication =
    cell.http === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter())
      : await NestFactory.create(module);
  if (cell.sockets === 'socket.io') app.useWebSocketAdapter(new IoAdapter(app));
  if (cell.sockets === 'ws') app.useWebSocketAdapter(new WsAdapter(app));
  if (!cell.forgetsAdapter) MediaStreamAdapter.install(app);
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(new URL(cell.publicUrl).port, '127.0.0.1');
  console.log('The host is listening.');
}

void main();
