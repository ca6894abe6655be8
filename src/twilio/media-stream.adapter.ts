import type { Server } from 'node:http';
import type { INestApplication, WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { ServerOptions, WebSocket } from 'ws';
import { defaultAdapter, hasDefaultAdapter } from './default-adapter.js';
import { MissingAdapter } from './missing-adapter.js';
import { MEDIA_STREAM } from './stream-server-options.js';
import { StreamUpgrades } from './stream-upgrades.js';

/** The host's own adapter; Nest calls more of it than the interface has. */
type HostAdapter = WebSocketAdapter & { forceCloseConnections?: boolean; dispose?(): unknown };

interface GatewayOptions extends ServerOptions {
  readonly transport?: unknown;
  readonly path?: string;
}

/**
 * Serves media streams beside whatever the host uses for its own sockets. Streams get a `ws` server of their own, so
 * a socket.io host works, and no message of theirs runs through the host's guards, pipes and interceptors.
 */
export class MediaStreamAdapter implements WebSocketAdapter {
  private readonly upgrades = new StreamUpgrades();
  private readonly clients = new WeakSet();

  /** @param host serves all other gateways; by default what Nest would have given them */
  constructor(
    private readonly app: INestApplication,
    private readonly host: HostAdapter = defaultAdapter(app),
  ) {}

  /**
   * Wraps the adapter the host has installed: call it after the host's own `useWebSocketAdapter`, if any. Without one,
   * the host's own gateways keep the adapter that Nest would have given them. Does nothing to such an application that
   * has no TwilioVoiceModule.
   */
  static install(app: INestApplication): void {
    const installed = app.get(ApplicationConfig).getIoAdapter() as HostAdapter | null | undefined;
    if (installed instanceof MediaStreamAdapter) return;
    const none = installed === null || installed === undefined || installed instanceof MissingAdapter;
    if (none && !hasDefaultAdapter(app)) return;
    app.useWebSocketAdapter(new MediaStreamAdapter(app, none ? undefined : installed));
  }

  /** Nest's application option of that name; the host's sockets follow it. */
  set forceCloseConnections(value: boolean) {
    this.host.forceCloseConnections = value;
  }

  create(port: number, options: GatewayOptions = {}): unknown {
    const { transport, path = '/', ...rest } = options;
    if (transport !== MEDIA_STREAM) return this.host.create(port, options);
    const server = this.upgrades.open(this.app.getHttpServer() as Server, path, rest);
    server.on('connection', (client) => this.clients.add(client));
    return server;
  }

  bindClientConnect(server: unknown, callback: (...args: unknown[]) => void): void {
    if (this.upgrades.isOpen(server)) server.on('connection', callback);
    else this.host.bindClientConnect(server, callback);
  }

  bindClientDisconnect(client: object, callback: (...args: unknown[]) => void): void {
    if (this.clients.has(client)) (client as WebSocket).once('close', callback);
    else this.host.bindClientDisconnect?.(client, callback);
  }

  /** Drops a client that came before the application was ready. */
  closeClient(client: object): void {
    if (this.clients.has(client)) (client as WebSocket).terminate();
    else (this.host as { closeClient?(client: object): void }).closeClient?.(client);
  }

  /** Streams read their socket themselves: binding it here as well would parse every frame twice. */
  bindMessageHandlers(
    client: object,
    handlers: WsMessageHandler[],
    transform: Parameters<WebSocketAdapter['bindMessageHandlers']>[2],
  ): void {
    if (!this.clients.has(client)) this.host.bindMessageHandlers(client, handlers, transform);
  }

  async close(server: unknown): Promise<void> {
    if (this.upgrades.isOpen(server)) await this.upgrades.close(server);
    else await this.host.close(server);
  }

  async dispose(): Promise<void> {
    this.upgrades.release();
    await this.host.dispose?.();
  }
}
