import type { SimulatedNetwork } from './simulated-network.js';
import { SimulatedStream, type SimulatedStreamOptions } from './simulated-stream.js';
import type { Transport, TransportSocket } from './transport.js';

/** How a stream ended, seen from Twilio. */
export type StreamOutcome =
  /** The server closed the socket. */
  | 'closed-by-server'
  /** The socket broke. */
  | 'dropped'
  /** The handshake failed. */
  | 'refused'
  /** Twilio sent `stop` and closed. */
  | 'stopped'
  /** Twilio gave up with an error and left the socket to die. */
  | 'stream-error';

export interface StreamSessionOptions extends Omit<SimulatedStreamOptions, 'send'> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
  readonly network: SimulatedNetwork;
  readonly onStart: () => void;
  /** The server has sent a `clear`: as it leaves the server, or, over real sockets, before the simulated delay. */
  readonly onClearSent: () => void;
}

/** One stream and the socket that carries it, through the simulated network. */
export class StreamSession {
  readonly stream: SimulatedStream;
  readonly over: Promise<StreamOutcome>;
  readonly #options: StreamSessionOptions;
  #socket: TransportSocket | undefined;
  #settle: (outcome: StreamOutcome) => void = () => undefined;
  #ended = false;

  constructor(options: StreamSessionOptions) {
    this.#options = options;
    this.stream = new SimulatedStream({
      ...options,
      send: (text) => {
        this.sendRaw(text);
      },
    });
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
    options.network.up.send(() => {
      this.#connect();
    });
  }

  /** Any frame, well-formed or not, Buffer for a binary one. */
  sendRaw(data: string | Buffer): void {
    this.#up(() => this.#socket?.send(data));
  }

  /** `stop`, then a tidy close. */
  stop(): void {
    if (this.#ended) return;
    this.stream.stop();
    this.#up(() => this.#socket?.close(1000));
    this.#end('stopped');
  }

  /** The connection breaks: neither `stop` nor a close frame. */
  drop(): void {
    if (this.#ended) return;
    this.#socket?.terminate();
    this.#end('dropped');
  }

  /** Twilio gives the stream up; its socket stays open and silent, and breaks only later. */
  fail(socketDiesAfterMs: number): void {
    if (this.#ended) return;
    this.#end('stream-error');
    this.#options.clock.after(socketDiesAfterMs, () => this.#socket?.terminate());
  }

  #connect(): void {
    if (this.#ended) return;
    const { transport, url, headers } = this.#options;
    this.#socket = transport.connect(url, headers, {
      open: () => {
        this.#down(() => {
          this.#start();
        });
      },
      message: (data, isBinary) => {
        this.#message(data, isBinary);
      },
      close: (code) => {
        this.#down(() => {
          this.#closed(code);
        });
      },
      error: () => undefined,
    });
  }

  #start(): void {
    if (this.#ended) {
      this.#socket?.terminate();
      return;
    }
    this.#options.onStart();
    this.stream.start();
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (!isBinary && !this.#ended && isClear(data)) this.#options.onClearSent();
    this.#down(() => {
      this.stream.receive(data, isBinary);
    });
  }

  #closed(code: number): void {
    if (code !== 1006) this.#up(() => this.#socket?.close(code));
    this.#end(!this.stream.open ? 'refused' : code === 1006 ? 'dropped' : 'closed-by-server');
  }

  #end(outcome: StreamOutcome): void {
    if (this.#ended) return;
    this.#ended = true;
    this.stream.end();
    this.#settle(outcome);
  }

  #up(arrival: () => void): void {
    this.#options.network.up.send(arrival);
  }

  #down(arrival: () => void): void {
    this.#options.network.down.send(arrival);
  }
}

function isClear(data: Buffer): boolean {
  return data.length < 200 && /"event"\s*:\s*"clear"/.test(data.toString());
}
