import type { RawData, WebSocket } from 'ws';
import type { EntryOf, ServerJournal, WarningCode } from './server-journal.js';

type MessageKind = EntryOf<'message-out'>['kind'];

/** What a socket is about, from its URL. */
export interface SocketRequest {
  /** Number in the journal. */
  readonly number: number;
  readonly voiceId: string;
  readonly query: Readonly<Record<string, string>>;
}

/** One open socket, with everything on it in the journal. */
export class ServerSocket {
  readonly request: SocketRequest;
  readonly #socket: WebSocket;
  readonly #journal: ServerJournal;
  #closedByServer = false;
  #open = true;

  constructor(socket: WebSocket, request: SocketRequest, journal: ServerJournal) {
    this.request = request;
    this.#socket = socket;
    this.#journal = journal;
    journal.add({ type: 'socket-open', socket: request.number });
    socket.on('error', () => undefined);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** @param message what was received: undefined for what is no JSON object */
  listen(message: (message: Record<string, unknown> | undefined) => void, closed: () => void): void {
    this.#socket.on('message', (data, isBinary) => {
      if (!this.#open) return;
      const text = textOf(data);
      const parsed = isBinary ? undefined : parsedObject(text);
      this.#journal.add({ type: 'message-in', socket: this.request.number, text, message: parsed });
      message(parsed);
    });
    this.#socket.on('close', (code) => {
      this.#open = false;
      const by = this.#closedByServer ? 'server' : 'client';
      this.#journal.add({ type: 'socket-closed', socket: this.request.number, code, by });
      closed();
    });
  }

  send(kind: MessageKind, message: unknown, contextId?: string, audioMs = 0): void {
    this.sendText(kind, JSON.stringify(message), contextId, audioMs);
  }

  sendText(kind: MessageKind, text: string, contextId?: string, audioMs = 0): void {
    if (!this.#open) return;
    this.#journal.add({ type: 'message-out', socket: this.request.number, contextId, kind, audioMs });
    this.#socket.send(text);
  }

  /** An error frame, and the end. */
  fail(error: string, message: string, code = 1008): void {
    this.send('error', { message, error, code });
    this.close(code, error);
  }

  close(code: number, reason = ''): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closedByServer = true;
    this.#socket.close(code, reason);
  }

  /** Cuts the connection: the client sees 1006. */
  cut(): void {
    this.#open = false;
    this.#closedByServer = true;
    this.#socket.terminate();
  }

  warn(code: WarningCode, contextId?: string): void {
    this.#journal.add({ type: 'warning', code, socket: this.request.number, contextId });
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
