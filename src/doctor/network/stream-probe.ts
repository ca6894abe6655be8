import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Clock } from '../../call/clock.js';
import { USER_AGENT } from './http-probe.js';
import { pinnedLookup } from './pinned-lookup.js';

/** The code of undici's error for the same. */
const TIMED_OUT = 'UND_ERR_HEADERS_TIMEOUT';

/** What became of a socket. */
export type StreamAnswer =
  /** The handshake was answered with another status than 101. */
  | { readonly kind: 'refused'; readonly status: number }
  /** It opened, and the far end closed it; 1006 when the connection broke. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string; readonly ms: number }
  /** It opened, and was still open at the end of the time. */
  | { readonly kind: 'open' };

/** Opens media streams as Twilio does: without compression, sub-protocol or origin. */
export class StreamProbe {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #address: string | undefined;

  /** @param address connects there, whatever name is asked for */
  constructor(clock: Clock, timeoutMs: number, address?: string) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#address = address;
  }

  /**
   * @param messages sent once the socket is open; with none, it is closed at once
   * @throws (rejects) the error of a connection that did not come about, with its code
   */
  open(url: string, signature: string | undefined, messages: readonly object[]): Promise<StreamAnswer> {
    const start = this.#clock.now();
    const lookup = this.#address === undefined ? {} : { lookup: pinnedLookup(this.#address) };
    const headers = {
      'user-agent': USER_AGENT,
      ...(signature === undefined ? {} : { 'x-twilio-signature': signature }),
    };
    const socket = new WebSocket(url, {
      headers,
      perMessageDeflate: false,
      handshakeTimeout: this.#timeoutMs,
      ...lookup,
    });
    return new Promise<StreamAnswer>((resolve, reject) => {
      let opened = false;
      socket.on('open', () => {
        opened = true;
        if (messages.length === 0) resolve({ kind: 'open' });
        for (const message of messages) socket.send(JSON.stringify(message));
      });
      socket.on('unexpected-response', (_, response: IncomingMessage) => {
        resolve({ kind: 'refused', status: response.statusCode ?? 0 });
      });
      socket.on('close', (code, reason) => {
        resolve({ kind: 'closed', code, reason: reason.toString(), ms: this.#clock.now() - start });
      });
      socket.on('error', (error: Error) => {
        // What breaks an open socket is told by its close.
        if (!opened)
          reject(error.message.includes('timed out') ? Object.assign(error, { code: TIMED_OUT }) : error);
      });
      const cancel = this.#clock.after(2 * this.#timeoutMs, () => {
        resolve({ kind: 'open' });
      });
      socket.once('close', cancel);
    }).finally(() => {
      socket.terminate();
    });
  }
}
