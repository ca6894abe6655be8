import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocketServer } from 'ws';
import { faultRefusal, refusal, type Refusal } from './refusal.js';
import { readHeaders, readUrl } from './http-exchange.js';
import { MultiStream } from './multi-stream.js';
import { between } from './scenario.js';
import { ServerSocket } from './server-socket.js';
import { readScribeQuery } from './scribe-query.js';
import { ScribeStream } from './scribe-stream.js';
import { type ServerState, unauthorized, unauthorizedScribe } from './server-state.js';
import { SingleStream } from './single-stream.js';
import { readSpeechQuery } from './socket-query.js';

const SLOW_MS = 5_000;

/** What goes on on one socket. */
interface Session {
  readonly contexts: number;
}

interface SocketRoute {
  /** Its group, if any, is the voice id. */
  readonly pattern: RegExp;
  /** Where the faults of its upgrades are. */
  readonly where: 'upgrade' | 'scribe';
  readonly unauthorized: typeof unauthorizedScribe;
  /** @returns a refusal, or what begins once the socket is open */
  readonly prepare: (
    state: ServerState,
    query: Readonly<Record<string, string>>,
  ) => Refusal | ((socket: ServerSocket) => Session);
}

const speechRoute = (name: string, Stream: typeof MultiStream | typeof SingleStream): SocketRoute => ({
  pattern: new RegExp(`^/v1/text-to-speech/([^/]+)/${name}$`),
  where: 'upgrade',
  unauthorized,
  prepare: (state, query) => {
    const speech = readSpeechQuery(query);
    return 'status' in speech ? speech : (socket) => new Stream(state, socket, speech);
  },
});

const scribeRoute: SocketRoute = {
  pattern: /^\/v1\/speech-to-text\/realtime$/,
  where: 'scribe',
  unauthorized: unauthorizedScribe,
  prepare: (state, query) => (socket) => {
    try {
      return new ScribeStream(state, socket, readScribeQuery(query));
    } catch (error) {
      return refuseSession(socket, (error as Error).message);
    }
  },
};

/** Transcription says what is wrong with its URL on the open socket, and closes it. */
function refuseSession(socket: ServerSocket, error: string): Session {
  const ignore = () => undefined;
  socket.listen(ignore, ignore);
  socket.send('error', { message_type: 'invalid_request', error }, undefined, 0, 'invalid_request');
  socket.close(1008, 'invalid_request');
  return { contexts: 0 };
}

const ROUTES: readonly SocketRoute[] = [
  scribeRoute,
  speechRoute('multi-stream-input', MultiStream),
  speechRoute('stream-input', SingleStream),
];

/** Opens sockets, or refuses them. */
export class SocketDesk {
  readonly #state: ServerState;
  readonly #opener: WebSocketServer;
  readonly #open = new Map<ServerSocket, Session>();
  #requests = 0;

  constructor(state: ServerState, opener: WebSocketServer) {
    this.#state = state;
    this.#opener = opener;
  }

  get sockets(): number {
    return this.#open.size;
  }

  get contexts(): number {
    return [...this.#open.values()].reduce((sum, { contexts }) => sum + contexts, 0);
  }

  /** Cuts every open socket. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.cut();
  }

  upgrade(request: IncomingMessage, connection: Socket, head: Buffer): void {
    const number = ++this.#requests;
    const { path, query } = readUrl(request);
    const headers = readHeaders(request);
    this.#state.journal.add({ type: 'upgrade', socket: number, path, query, headers });
    const refuse = (refused: Refusal) => {
      this.#later(connection, this.#handshakeMs(), () => {
        this.#refuse(connection, number, refused);
      });
    };
    const found = ROUTES.map((route) => ({ route, match: route.pattern.exec(path) })).find(
      ({ match }) => match !== null,
    );
    if (found === undefined) {
      refuse({ ...refusal(404), body: '{"detail":"Not Found"}' });
      return;
    }
    const { route, match } = found;
    const voiceId = decodeURIComponent(match?.[1] ?? headers['xi-api-key'] ?? '');
    const begin = route.unauthorized(this.#state, headers, query) ?? route.prepare(this.#state, query);
    if ('status' in begin) {
      refuse(begin);
      return;
    }
    const fault = this.#takeFault(route, voiceId);
    const refusedByFault = fault && faultRefusal(fault);
    if (refusedByFault !== undefined) {
      refuse(refusedByFault);
      return;
    }
    if (fault?.kind === 'hang') {
      this.#state.journal.add({ type: 'upgrade-refused', socket: number, status: 0 });
      return;
    }
    const delayMs = fault?.kind === 'slow' ? (fault.delayMs ?? SLOW_MS) : this.#handshakeMs();
    this.#later(connection, delayMs, () => {
      this.#opener.handleUpgrade(request, connection, head, (webSocket) => {
        const socket = new ServerSocket(webSocket, { number, voiceId, query }, this.#state.journal);
        this.#open.set(socket, begin(socket));
        webSocket.on('close', () => this.#open.delete(socket));
      });
    });
  }

  #takeFault({ where }: SocketRoute, voiceId: string) {
    const { faults } = this.#state;
    if (where === 'upgrade') return faults.take(where, voiceId);
    return faults.take(where, voiceId, (kind) => kind === 'hang' || /^\d+$/.test(kind));
  }

  #handshakeMs(): number {
    return between(this.#state.scenario.handshakeMs, this.#state.random);
  }

  /** Unless the client has left by then. */
  #later(connection: Socket, delayMs: number, task: () => void): void {
    const cancel = this.#state.clock.after(delayMs, task);
    connection.once('close', cancel);
  }

  #refuse(connection: Socket, number: number, { status, headers, body }: Refusal): void {
    this.#state.journal.add({ type: 'upgrade-refused', socket: number, status });
    const fields = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', ''].join('\r\n');
    connection.end(head + body);
  }
}
