import type { Server } from 'node:http';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { WebSocketServer } from 'ws';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { streamPath } from './public-urls.js';
import { streamServerOptions } from './stream-server-options.js';
import { StreamUpgrades } from './stream-upgrades.js';
import { TwilioStreamGateway } from './twilio-stream.gateway.js';

/**
 * Serves media streams without any WebSocket adapter, for hosts that cannot touch their `main.ts`. Where there is no
 * HTTP application, as in a worker or a command, it does nothing.
 */
@Injectable()
export class HttpServerUpgrades implements OnModuleInit, BeforeApplicationShutdown {
  private readonly upgrades = new StreamUpgrades();
  private server: WebSocketServer | undefined;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    private readonly gateway: TwilioStreamGateway,
    private readonly host: HttpAdapterHost,
  ) {}

  /** @throws Error when the application has an HTTP adapter and no server of Node's */
  onModuleInit(): void {
    const http = this.httpServer();
    if (http === undefined) return;
    const { gateway } = this;
    const server = this.upgrades.open(http, streamPath(this.options), streamServerOptions(this.options));
    gateway.afterInit(server);
    server.on('connection', (client, request) => {
      gateway.handleConnection(client, request);
    });
    this.server = server;
  }

  /** The calls are over by now, but sockets that are left would keep the HTTP server open. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.server !== undefined) await this.upgrades.close(this.server);
    this.upgrades.release();
  }

  private httpServer(): Server | undefined {
    // Nest's types say that it is always there.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | null | undefined;
    if (adapter === null || adapter === undefined) return undefined;
    const server = adapter.getHttpServer() as Partial<Server> | undefined;
    if (typeof server?.emit === 'function') return server as Server;
    throw new Error(
      `TwilioVoiceModule: upgrades: 'http-server' found no HTTP server in this application (HTTP adapter: ` +
        `${adapter.getType()}): its getHttpServer() must return the one of Node's that listens.`,
    );
  }
}
