import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Random, seededRandom } from '../../src/testing/index.js';

/** Where a request went. */
export interface Routed {
  readonly path: string;
  readonly port: number;
}

/** A load balancer that sends each webhook and each media stream to any of its instances: nothing sticks. */
export class Balancer {
  /** Ports of the instances that get requests; one that cannot be reached is passed over. */
  targets: readonly number[] = [];
  readonly routed: Routed[] = [];
  readonly #server: Server;
  readonly #random: Random;
  readonly #sockets = new Set<Duplex>();

  private constructor(server: Server, seed: number) {
    this.#server = server;
    this.#random = seededRandom(seed);
    server.on('request', (incoming, answer) => {
      void this.#forward(incoming, answer);
    });
    server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      void this.#tunnel(incoming, socket, head);
    });
  }

  static async start(seed: number): Promise<Balancer> {
    const server = createServer({ keepAliveTimeout: 600_000 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(server, seed);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where the requests of a path went. */
  of(path: string): number[] {
    return this.routed.filter((one) => one.path === path).map(({ port }) => port);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** All of them, in an order of chance. */
  #inAnyOrder(): number[] {
    return this.targets
      .map((port) => ({ port, order: this.#random() }))
      .sort((a, b) => a.order - b.order)
      .map(({ port }) => port);
  }

  #note({ url = '' }: IncomingMessage, port: number): void {
    this.routed.push({ path: url.replace(/\?.*/, ''), port });
  }

  async #forward(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    for (const port of this.#inAnyOrder())
      try {
        const response = await sent(incoming, port, body);
        this.#note(incoming, port);
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
        response.once('error', () => answer.destroy());
        return;
      } catch {
        // the next one
      }
    answer.writeHead(502).end();
  }

  async #tunnel(incoming: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    for (const port of this.#inAnyOrder()) {
      const instance = await connected(port);
      if (instance === undefined) continue;
      this.#note(incoming, port);
      const { rawHeaders: raw, method = '', url = '' } = incoming;
      const lines = raw.flatMap((name, index) =>
        index % 2 === 0 ? [`${name}: ${raw[index + 1] ?? ''}`] : [],
      );
      instance.write(`${[`${method} ${url} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
      instance.write(head);
      for (const [one, other] of [
        [socket, instance],
        [instance, socket],
      ] as const) {
        this.#sockets.add(one);
        one.setNoDelay(true);
        one.pipe(other);
        one.once('error', () => other.destroy());
        one.once('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
      return;
    }
    socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
  }
}

function sent(
  { method, url, headers }: IncomingMessage,
  port: number,
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: url, headers, agent: false };
    request(options, resolve).once('error', reject).end(body);
  });
}

function connected(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.once('error', () => {
      resolve(undefined);
    });
  });
}
