import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, WebSocketServer } from 'ws';
import { declineUpgrade, isOffer } from './declined-upgrade.js';

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Every `ws` server that was opened here: whatever else calls itself one belongs to somebody else. */
const OPENED = new WeakSet();

/**
 * The upgrades of media streams, taken from an HTTP server before any listener sees them: other libraries answer or
 * destroy upgrades they do not know, so a listener beside theirs would come too late.
 */
export class StreamUpgrades {
  private readonly servers = new Map<string, WebSocketServer>();
  private detach: (() => void) | undefined;

  /** Whether a server came from {@link open}, here or elsewhere in this process. */
  static opened(server: object): boolean {
    return OPENED.has(server);
  }

  /** @returns a `ws` server for the upgrades of one path */
  open(http: Server, path: string, options: ServerOptions = {}): WebSocketServer {
    const server = new WebSocketServer({ perMessageDeflate: false, ...options, noServer: true });
    OPENED.add(server);
    this.servers.set(path, server);
    this.detach ??= this.attach(http);
    return server;
  }

  isOpen(server: unknown): server is WebSocketServer {
    return [...this.servers.values()].includes(server as WebSocketServer);
  }

  /** Drops whoever is connected, and takes no more. */
  async close(server: WebSocketServer): Promise<void> {
    for (const [path, known] of this.servers) if (known === server) this.servers.delete(path);
    for (const client of server.clients) client.terminate();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }

  /** Gives the HTTP server back as it was. */
  release(): void {
    this.detach?.();
    this.detach = undefined;
  }

  private attach(http: Server): () => void {
    const emit = http.emit.bind(http);
    const hadOwn = Object.hasOwn(http, 'emit');
    const interposed = (event: string, ...args: unknown[]): boolean =>
      (event === 'upgrade' && this.upgrade(...(args as [IncomingMessage, Duplex, Buffer]))) ||
      emit(event, ...args);
    const unknown = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (http.listenerCount('upgrade') > 1) return;
      if (isOffer(request)) {
        declineUpgrade(http, request, socket, head);
        return;
      }
      // Node has taken its own error listener off by now: a reset would end the process.
      socket.on('error', () => undefined);
      socket.end(NOT_FOUND, () => socket.destroy());
    };
    http.emit = interposed as Server['emit'];
    http.on('upgrade', unknown);
    return () => {
      http.off('upgrade', unknown);
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
}
