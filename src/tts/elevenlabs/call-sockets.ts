import type { CancelTimer, Clock } from '../../call/clock.js';
import type { SpeechFailedError } from '../voice.js';
import { ContextSocket, type ContextSocketOptions } from './context-socket.js';
import { failed } from './failures.js';

/** A socket that lived so long was sound: its successor is opened at once, ms. */
const SOUND_MS = 5_000;
/** Waits between attempts to have a warm socket again, ms. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export type CallSocketsOptions = Omit<ContextSocketOptions, 'url' | 'gone'>;

/** The sockets of one call: as a rule one, warm; a second one while cut contexts fill the first. */
export class CallSockets {
  readonly #options: CallSocketsOptions;
  readonly #clock: Clock;
  readonly #sockets = new Map<ContextSocket, { readonly url: string; readonly openedAt: number }>();
  #warmUrl: string | undefined;
  #failures = 0;
  #cancelWarming: CancelTimer | undefined;
  #closed = false;

  constructor(options: CallSocketsOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Keeps a socket open to `url` from now on. */
  warm(url: string): void {
    this.#warmUrl = url;
    if (this.#closed) return;
    for (const [socket, { url: other }] of this.#sockets) if (other !== url) socket.retire();
    if (this.#find(url) === undefined) this.#open(url);
  }

  /** A socket with room for a context. */
  pick(url: string): ContextSocket {
    const found = this.#find(url);
    if (found !== undefined) return found;
    for (const [socket, { url: other }] of this.#sockets)
      if (other === url || other !== this.#warmUrl) socket.retire();
    return this.#open(url);
  }

  /** A socket on which nothing has happened yet. */
  fresh(url: string): ContextSocket {
    for (const [socket, { url: other }] of this.#sockets) if (other === url) socket.retire();
    return this.#open(url);
  }

  /** The call is over. */
  close(): void {
    this.#closed = true;
    this.#cancelWarming?.();
    for (const socket of [...this.#sockets.keys()]) socket.close();
  }

  #find(url: string): ContextSocket | undefined {
    return [...this.#sockets].findLast(([socket, { url: other }]) => other === url && socket.hasRoom)?.[0];
  }

  #open(url: string): ContextSocket {
    if (this.#closed) throw failed('closed', 'is not asked any more: the call is over');
    const socket: ContextSocket = new ContextSocket({
      ...this.#options,
      url,
      gone: (error) => {
        this.#gone(socket, error);
      },
    });
    this.#sockets.set(socket, { url, openedAt: this.#clock.now() });
    return socket;
  }

  #gone(socket: ContextSocket, error: SpeechFailedError | undefined): void {
    const entry = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    if (entry === undefined || error === undefined || error.lasting || this.#closed) return;
    if (entry.url === this.#warmUrl) this.#warmAgain(this.#clock.now() - entry.openedAt);
  }

  /** The next utterance is not to wait for a handshake. */
  #warmAgain(livedMs: number): void {
    this.#failures = livedMs >= SOUND_MS ? 0 : this.#failures + 1;
    const waitMs =
      this.#failures === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
    this.#cancelWarming?.();
    this.#cancelWarming = this.#clock.after(waitMs, () => {
      if (this.#warmUrl !== undefined) this.warm(this.#warmUrl);
    });
  }
}
