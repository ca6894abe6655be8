import type { RawData, WebSocket } from 'ws';
import type { EntryOf, ServerJournal, WarningCode } from './server-journal.js';

type MessageKind = EntryOf<'message-out'>['kind'];

/** What a socket is about, from its URL. */
export interface SocketRequest {
  /** Number in the journal. */
  readonly number: number;
  /** Of a transcription the API key: what asks for faults. */
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

  /**
   * @param message what was received: undefined for what is no JSON object
   * @param kept what of a message the journal keeps, all by default; with it nothing of binary frames
   */
  listen(
    message: (message: Record<string, unknown> | undefined) => void,
    closed: (by: 'client' | 'server') => void,
    kept?: (message: Record<string, unknown>) => Record<string, unknown>,
  ): void {
    this.#socket.on('message', (data, isBinary) => {
      if (!this.#open) return;
      const text = textOf(data);
      const parsed = isBinary ? undefined : parsedObject(text);
      this.#keep(text, parsed, isBinary, kept);
      message(parsed);
    });
    this.#socket.on('close', (code) => {
      this.#open = false;
      const by = this.#closedByServer ? 'server' : 'client';
      this.#journal.add({ type: 'socket-closed', socket: this.request.number, code, by });
      closed(by);
    });
  }

  /** @param said for the journal */
  send(kind: MessageKind, message: unknown, contextId?: string, audioMs = 0, said?: string): void {
    this.sendText(kind, JSON.stringify(message), contextId, audioMs, said);
  }

  sendText(kind: MessageKind, text: string, contextId?: string, audioMs = 0, said?: string): void {
    if (!this.#open) return;
    const entry = { type: 'message-out', socket: this.request.number, contextId, kind, audioMs } as const;
    this.#journal.add(said === undefined ? entry : { ...entry, text: said });
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

  #keep(
    text: string,
    parsed: Record<string, unknown> | undefined,
    isBinary: boolean,
    kept?: (message: Record<string, unknown>) => Record<string, unknown>,
  ): void {
    const entry = { type: 'message-in', socket: this.request.number } as const;
    if (kept === undefined) this.#journal.add({ ...entry, text, message: parsed });
    else if (parsed === undefined)
      this.#journal.add({ ...entry, text: isBinary ? '' : text, message: parsed });
    else {
      const message = kept(parsed);
      this.#journal.add({ ...entry, text: JSON.stringify(message), message });
    }
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
