import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication, WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { MissingAdapter } from './missing-adapter.js';

/** Marks, as a gateway's `transport` option, a gateway that wants raw `ws` sockets from {@link MediaStreamAdapter}. */
export const MEDIA_STREAM = Symbol('MEDIA_STREAM');

/** The host's own adapter; Nest calls more of it than the interface has. */
type HostAdapter = WebSocketAdapter & { forceCloseConnections?: boolean; dispose?(): unknown };

interface GatewayOptions extends ServerOptions {
  readonly transport?: unknown;
  readonly path?: string;
}

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * Serves media streams beside whatever the host uses for its own sockets. Streams get a `ws` server of their own, so
 * a socket.io host works, and no message of theirs runs through the host's guards, pipes and interceptors.
 */
export class MediaStreamAdapter implements WebSocketAdapter {
  private readonly servers = new Map<string, WebSocketServer>();
  private readonly clients = new WeakSet();
  private detach: (() => void) | undefined;

  /** @param host serves all other gateways */
  constructor(
    private readonly app: INestApplication,
    private readonly host: HostAdapter = new WsAdapter(app),
  ) {}

  /** Wraps the adapter the host has installed, if any: call it after the host's own `useWebSocketAdapter`. */
  static install(app: INestApplication): void {
    const installed = app.get(ApplicationConfig).getIoAdapter() as HostAdapter | null | undefined;
    if (installed instanceof MediaStreamAdapter) return;
    const host = installed instanceof MissingAdapter ? undefined : (installed ?? undefined);
    app.useWebSocketAdapter(new MediaStreamAdapter(app, host));
  }

  /** Nest's application option of that name; the host's sockets follow it. */
  set forceCloseConnections(value: boolean) {
    this.host.forceCloseConnections = value;
  }

  create(port: number, options: GatewayOptions = {}): unknown {
    const { transport, path = '/', ...rest } = options;
    if (transport !== MEDIA_STREAM) return this.host.create(port, options);
    const server = new WebSocketServer({ perMessageDeflate: false, ...rest, noServer: true });
    server.on('connection', (client) => this.clients.add(client));
    this.servers.set(path, server);
    this.detach ??= this.attach(this.app.getHttpServer() as Server);
    return server;
  }

  bindClientConnect(server: unknown, callback: (...args: unknown[]) => void): void {
    if (this.isOurs(server)) server.on('connection', callback);
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
    if (!this.isOurs(server)) {
      await this.host.close(server);
      return;
    }
    for (const [path, known] of this.servers) if (known === server) this.servers.delete(path);
    for (const client of server.clients) client.terminate();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }

  async dispose(): Promise<void> {
    this.detach?.();
    await this.host.dispose?.();
  }

  /**
   * Takes the streams' upgrades before any listener sees them: other libraries answer or destroy upgrades they do not
   * know, so a listener beside theirs would come too late.
   */
  private attach(http: Server): () => void {
    const emit = http.emit.bind(http);
    const hadOwn = Object.hasOwn(http, 'emit');
    const interposed = (event: string, ...args: unknown[]): boolean =>
      (event === 'upgrade' && this.upgrade(...(args as [IncomingMessage, Duplex, Buffer]))) ||
      emit(event, ...args);
    const unknownPath = (_: IncomingMessage, socket: Duplex) => {
      if (http.listenerCount('upgrade') > 1) return;
      // Node has taken its own error listener off by now: a reset would end the process.
      socket.on('error', () => undefined);
      socket.end(NOT_FOUND, () => socket.destroy());
    };
    http.emit = interposed as Server['emit'];
    http.on('upgrade', unknownPath);
    return () => {
      http.off('upgrade', unknownPath);
      // Somebody who has wrapped this in turn keeps it: without servers it only passes on.
      if (http.emit !== (interposed as Server['emit'])) return;
      if (hadOwn) http.emit = emit;
      else delete (http as Partial<Server>).emit;
    };
  }

  /** The path as it stands, or with a slash: whatever else would have to be made sense of is not ours. */
  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const { url: path = '' } = request;
    const server = this.servers.get(path) ?? this.servers.get(path.replace(/\/$/, ''));
    server?.handleUpgrade(request, socket, head, (client) => {
      server.emit('connection', client, request);
    });
    return server !== undefined;
  }

  private isOurs(server: unknown): server is WebSocketServer {
    return [...this.servers.values()].includes(server as WebSocketServer);
  }
}
