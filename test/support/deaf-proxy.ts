import { type AddressInfo, createServer, connect, type Server, type Socket } from 'node:net';

/** Stands before a Redis, and can lose what Redis sends by the connections for messages, as a dead network does. */
export class DeafProxy {
  private readonly subscribers = new Set<Socket>();
  private readonly all = new Set<Socket>();
  private readonly muted = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async before(port: number): Promise<DeafProxy> {
    const server = createServer();
    const proxy = new DeafProxy(server);
    server.on('connection', (client) => {
      proxy.join(client, connect(port, '127.0.0.1'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on nothing comes by the connections that have subscribed; new ones are as ever. */
  deafen(): void {
    for (const socket of this.subscribers) this.muted.add(socket);
  }

  async close(): Promise<void> {
    for (const socket of this.all) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, redis: Socket): void {
    client.on('data', (data: Buffer) => {
      if (/\r\nsubscribe\r\n/i.test(data.toString('latin1'))) this.subscribers.add(client);
      redis.write(data);
    });
    redis.on('data', (data: Buffer) => {
      if (!this.muted.has(client)) client.write(data);
    });
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.all.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.all.delete(socket);
        this.subscribers.delete(socket);
        this.muted.delete(socket);
        other.destroy();
      });
    }
  }
}
