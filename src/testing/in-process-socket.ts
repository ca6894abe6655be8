import { EventEmitter } from 'node:events';
import type { SocketEvents, TransportSocket } from './transport.js';

const toBuffer = (data: string | Uint8Array) =>
  typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);

/** The server's side of a WebSocket that exists in memory only: looks like an open `ws` socket. */
export class InProcessSocket extends EventEmitter {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState = 1;
  readonly protocol = '';
  readonly extensions = '';
  binaryType = 'nodebuffer';
  /** Bytes not yet taken by the network; tests may set it. */
  bufferedAmount = 0;
  /** Twilio's side. */
  readonly farEnd: TransportSocket;
  readonly #events: SocketEvents;
  #closing: { readonly code: number; readonly reason: string } | undefined;

  constructor(events: SocketEvents) {
    super();
    this.#events = events;
    this.farEnd = {
      send: (data) => {
        if (this.readyState !== this.CLOSED) this.emit('message', toBuffer(data), typeof data !== 'string');
      },
      close: (code = 1005, reason = '') => {
        this.#closed(this.#closing ?? { code, reason });
      },
      terminate: () => {
        this.#closed({ code: 1006, reason: '' });
      },
    };
  }

  send(data: string | Uint8Array, ...rest: unknown[]): void {
    const done = rest.find((argument): argument is (error?: Error) => void => typeof argument === 'function');
    if (this.readyState !== this.OPEN) {
      const error = new Error(`WebSocket is not open: readyState ${this.readyState}`);
      if (done !== undefined)
        queueMicrotask(() => {
          done(error);
        });
      return;
    }
    this.#events.message(toBuffer(data), typeof data !== 'string' && !sentAsText(rest[0]));
    if (done !== undefined)
      queueMicrotask(() => {
        done();
      });
  }

  close(code = 1005, reason: string | Buffer = ''): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = this.CLOSING;
    this.#closing = { code, reason: reason.toString() };
    this.#events.close(code, reason.toString());
  }

  terminate(): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.#events.close(1006, '');
    queueMicrotask(() => this.emit('close', 1006, Buffer.alloc(0)));
  }

  ping(data: string | Buffer = ''): void {
    if (this.readyState === this.OPEN) queueMicrotask(() => this.emit('pong', Buffer.from(data)));
  }

  pong(): void {
    // Twilio does nothing with a pong.
  }

  #closed({ code, reason }: { code: number; reason: string }): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.emit('close', code, Buffer.from(reason));
  }
}

function sentAsText(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'binary' in options && options.binary === false;
}
