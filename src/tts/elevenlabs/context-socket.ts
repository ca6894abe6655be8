import WebSocket from 'ws';
import type { CancelTimer, Clock } from '../../call/clock.js';
import type { SpeechFailedError } from '../voice.js';
import { failed, refusal, reported } from './failures.js';
import { parseServerMessage, type ServerMessage } from './server-message.js';

/** The server takes five contexts, and the sixth kills the socket: one stays in reserve. */
const MOST_CONTEXTS = 4;
/** A body that explains a refused handshake is read so far, bytes. */
const REFUSAL_BYTES = 8 * 1024;
/** Speech comes in messages of less than 1 MiB; this leaves room for a change. */
const MAX_PAYLOAD = 16 * 1024 * 1024;

/** Whoever speaks in a context. */
export interface ContextListener {
  audio(message: ServerMessage): void;
  /** All flushed text up to now has had its audio. */
  flushed(): void;
  /** The context's last message. */
  final(): void;
  failed(error: SpeechFailedError): void;
}

/** One utterance on the wire. */
export interface Context {
  /** Sends text and asks for its speech at once. */
  speak(text: string): void;
  /** No more text: speech under way comes, then `final`. */
  finish(): void;
  /** Nothing of this context reaches its listener any more. */
  cancel(): void;
}

export interface ContextSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly handshakeMs: number;
  readonly keepAliveMs: number;
  readonly closeMs: number;
  /** The socket is gone; `error` unless we closed it. */
  readonly gone: (error: SpeechFailedError | undefined) => void;
  /** A message that could not be read. */
  readonly malformed: () => void;
}

/** A context until its `final`; without a listener it is dead, but still takes one of the server's places. */
interface Slot {
  listener: ContextListener | undefined;
  /** `close_context` was sent. */
  closing: boolean;
}

/**
 * Client of the multi-context socket. A cancelled context drains on the server: its audio is dropped here, and its
 * place is free only when its `final` has come.
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input
 */
export class ContextSocket {
  readonly #options: ContextSocketOptions;
  readonly #socket: WebSocket;
  readonly #slots = new Map<string, Slot>();
  readonly #timers: CancelTimer[] = [];
  /** Messages that wait for the socket to open. */
  #queue: { readonly id: string | undefined; readonly text: string }[] | undefined = [];
  #lastId = 0;
  #unanswered = false;
  #failure: SpeechFailedError | undefined;
  #retired = false;
  #closing = false;
  #gone = false;

  constructor(options: ContextSocketOptions) {
    this.#options = options;
    const { url, apiKey, clock, handshakeMs, keepAliveMs } = options;
    this.#socket = new WebSocket(url, {
      headers: { 'xi-api-key': apiKey },
      maxPayload: MAX_PAYLOAD,
      perMessageDeflate: false,
    });
    this.#listen();
    const cancelHandshake = clock.after(handshakeMs, () => {
      if (this.#queue !== undefined) this.#fail(failed('handshake', 'did not open its socket in time'));
    });
    this.#timers.push(cancelHandshake);
    this.#timers.push(
      clock.every(keepAliveMs, () => {
        this.#keepAlive();
      }),
    );
  }

  /** Contexts that take a place on the server. */
  get load(): number {
    return this.#slots.size;
  }

  /** Whether another context may be opened here. */
  get hasRoom(): boolean {
    return !this.#retired && !this.#closing && !this.#gone && this.#slots.size < MOST_CONTEXTS;
  }

  /** @param first the context's first message, which fixes its settings */
  open(first: Readonly<Record<string, unknown>>, listener: ContextListener): Context {
    const id = `u${++this.#lastId}`;
    const slot: Slot = { listener, closing: false };
    this.#slots.set(id, slot);
    this.#send({ ...first, context_id: id });
    const close = () => {
      if (slot.closing) return;
      slot.closing = true;
      this.#send({ context_id: id, close_context: true });
    };
    const cancel = () => {
      slot.listener = undefined;
      if (this.#queue === undefined) close();
      else this.#forget(id);
      this.#closeIfUnheard();
    };
    return {
      speak: (text) => {
        if (!slot.closing) this.#send({ text, context_id: id, flush: true });
      },
      finish: close,
      cancel,
    };
  }

  /** The server has not heard of this context, and need not. */
  #forget(id: string): void {
    this.#slots.delete(id);
    this.#queue = this.#queue?.filter((message) => message.id !== id);
  }

  /** Takes no more contexts, and closes as soon as nobody listens to one. */
  retire(): void {
    this.#retired = true;
    this.#closeIfUnheard();
  }

  #closeIfUnheard(): void {
    if (this.#retired && [...this.#slots.values()].every(({ listener }) => listener === undefined))
      this.close();
  }

  /** Lets what is being said come to its end, then closes. */
  close(): void {
    if (this.#closing || this.#gone) return;
    this.#closing = true;
    if (this.#queue !== undefined) {
      this.#end(undefined);
      return;
    }
    this.#send({ close_socket: true });
    this.#timers.push(
      this.#options.clock.after(this.#options.closeMs, () => {
        this.#end(undefined);
      }),
    );
  }

  /** Cuts the connection: the only way to stop the server at once. */
  terminate(error: SpeechFailedError): void {
    this.#fail(error);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('open', () => {
      const queued = this.#queue ?? [];
      this.#queue = undefined;
      for (const { text } of queued) socket.send(text);
    });
    socket.on('message', (data, isBinary) => {
      this.#unanswered = false;
      this.#receive(isBinary ? undefined : parseServerMessage(textOf(data)));
    });
    socket.on('pong', () => {
      this.#unanswered = false;
    });
    socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const refuse = () => {
        this.#fail(refusal(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8')));
      };
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= REFUSAL_BYTES) chunks.push(chunk);
      });
      response.on('end', refuse);
      response.on('error', refuse);
    });
    socket.on('error', (error) => {
      this.#fail(failed('connection', `could not be reached (${codeOf(error)})`, error));
    });
    socket.on('close', (code) => {
      this.#end(
        this.#closing
          ? undefined
          : (this.#failure ?? failed(`closed_${code}`, `closed its socket (${code})`)),
      );
    });
  }

  #receive(message: ServerMessage | undefined): void {
    if (message === undefined) {
      this.#options.malformed();
      return;
    }
    const { contextId, error } = message;
    if (error !== undefined) this.#failure = reported(error.code);
    const slot = contextId === undefined ? undefined : this.#slots.get(contextId);
    if (contextId === undefined || slot === undefined) return;
    if (message.audio !== undefined || message.alignment !== undefined) slot.listener?.audio(message);
    if (message.isFlushDone) slot.listener?.flushed();
    if (error !== undefined) slot.listener?.failed(reported(error.code));
    if (!message.isFinal) return;
    this.#slots.delete(contextId);
    slot.listener?.final();
    this.#closeIfUnheard();
  }

  #send(message: { readonly context_id?: string; readonly [key: string]: unknown }): void {
    const text = JSON.stringify(message);
    if (this.#queue !== undefined) this.#queue.push({ id: message.context_id, text });
    else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** Only contexts that were opened are kept alive: any message for an unknown one would open it. */
  #keepAlive(): void {
    if (this.#queue !== undefined || this.#closing) return;
    const isHeard = [...this.#slots.values()].some(({ listener }) => listener !== undefined);
    if (this.#unanswered && !isHeard) {
      this.#fail(failed('no_answer', 'does not answer'));
      return;
    }
    this.#send({ text: '' });
    for (const [id, { closing }] of this.#slots) if (!closing) this.#send({ text: '', context_id: id });
    this.#unanswered = true;
    this.#socket.ping();
  }

  #fail(error: SpeechFailedError): void {
    this.#failure ??= error;
    this.#end(this.#failure);
  }

  #end(error: SpeechFailedError | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const cancel of this.#timers) cancel();
    this.#queue = [];
    this.#socket.terminate();
    const listeners = [...this.#slots.values()].map(({ listener }) => listener);
    this.#slots.clear();
    this.#options.gone(error);
    for (const listener of listeners) listener?.failed(error ?? failed('closed', 'was left'));
  }
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.name;
