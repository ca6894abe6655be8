/** An HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType?: string | undefined;
  readonly body: string;
}

/** A form POST, as Twilio's webhooks are. */
export type Post = (
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
) => Promise<HttpAnswer>;

/** Twilio's side of a WebSocket. */
export interface TransportSocket {
  send(data: string | Buffer): void;
  /** Close frame, as in a tidy end. */
  close(code?: number, reason?: string): void;
  /** Drops the connection: the server sees 1006. */
  terminate(): void;
}

/** What happens on Twilio's side of a WebSocket; never called before `connect` has returned. */
export interface SocketEvents {
  open(): void;
  message(data: Buffer, isBinary: boolean): void;
  /** Also after a refused handshake, with 1006. */
  close(code: number, reason: string): void;
  error(error: Error): void;
}

/** How the simulated Twilio reaches the server. */
export interface Transport {
  readonly post: Post;
  connect(url: string, headers: Readonly<Record<string, string>>, events: SocketEvents): TransportSocket;
}
