/** What a media stream uses of a WebSocket; `ws` sockets of any copy of that package fit. */
export interface StreamSocket {
  /** 1 is open, 3 is closed. */
  readonly readyState: number;
  /** Bytes handed over and not yet taken by the operating system. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** `WebSocket.OPEN` */
export const OPEN = 1;
/** `WebSocket.CLOSED` */
export const CLOSED = 3;

/** How long the far end may take to close what we have closed, ms. */
export const CLOSE_GRACE_MS = 1_000;
