import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.js';

/** What the proxy does other than to pass all on. */
export interface ProxyBehaviour {
  /** Answers everything with that status. */
  readonly status?: number;
  /** Redirects everything there. */
  readonly redirectTo?: string;
  /** Taken off the path before it is passed on. */
  readonly stripPrefix?: string;
  /** Passes handshakes on as ordinary requests, without their Upgrade header. */
  readonly withoutUpgrades?: boolean;
  /** Passes handshakes on to another port. */
  readonly upgradePort?: number;
  /** Passes handshakes on without Twilio's signature. */
  readonly dropsSignature?: boolean;
  /** Passes handshakes on, and nothing that is sent after them. */
  readonly swallows?: boolean;
}

/** A proxy that terminates TLS in front of a host, as deployments have one. */
export class TlsProxy {
  behaviour: ProxyBehaviour = {};
  /** Port of the host, to be set before the first request. */
  target = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => this.#keep(socket));
    server.on('request', (incoming, response) => {
      this.#pass(incoming, response);
    });
    server.on('upgrade', (incoming, socket: Duplex, head: Buffer) => {
      this.#upgrade(incoming, socket, head);
    });
  }

  static async start(certificate: Certificate): Promise<TlsProxy> {
    const server = createServer({ ...certificate }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TlsProxy(server);
  }

  /** Shows another certificate from now on. */
  show(certificate: Certificate): void {
    this.#server.setSecureContext({ ...certificate });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    const { status, redirectTo } = this.behaviour;
    if (status !== undefined) response.writeHead(status).end();
    else if (redirectTo !== undefined) response.writeHead(301, { location: redirectTo }).end();
    else {
      const { method = 'GET', headers } = incoming;
      const forwarded = { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
      const options = { host: '127.0.0.1', port: this.target, path: this.#path(incoming), method };
      const outgoing = request({ ...options, headers: forwarded }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      outgoing.on('error', () => response.writeHead(502).end());
      incoming.pipe(outgoing);
    }
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#keep(socket);
    const { withoutUpgrades, dropsSignature, upgradePort, swallows } = this.behaviour;
    const lines = [`${incoming.method ?? 'GET'} ${this.#path(incoming)} HTTP/1.1`];
    for (const [name, value] of Object.entries(incoming.headers)) {
      const isDropped =
        (withoutUpgrades === true && /^(?:upgrade|connection)$/.test(name)) ||
        (dropsSignature === true && name === 'x-twilio-signature');
      if (!isDropped) lines.push(`${name}: ${String(value)}`);
    }
    if (withoutUpgrades === true) lines.push('connection: close');
    const host = this.#keep(connect(upgradePort ?? this.target, '127.0.0.1'));
    host.write(`${lines.join('\r\n')}\r\n\r\n`);
    host.write(head);
    if (swallows !== true) socket.pipe(host);
    else socket.resume();
    host.pipe(socket);
  }

  #path({ url = '/' }: IncomingMessage): string {
    const { stripPrefix } = this.behaviour;
    return stripPrefix !== undefined && url.startsWith(stripPrefix) ? url.slice(stripPrefix.length) : url;
  }

  #keep<S extends Duplex>(socket: S): S {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
