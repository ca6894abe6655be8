import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../call/clock.js';
import { SystemClock } from '../../call/system-clock.js';
import { seededRandom } from '../random.js';
import { answerModels, answerVoice } from './account.js';
import { type ElevenLabsFault, FaultQueue } from './faults.js';
import { type Generation, GenerationLog, type HeardGeneration } from './generation.js';
import { HttpExchange } from './http-exchange.js';
import { HttpSpeech } from './http-speech.js';
import { refusal } from './refusal.js';
import { changedScenario, DEFAULT_SCENARIO, type ServerScenario } from './scenario.js';
import { ScribeScript, type ScriptedWords } from './scribe-script.js';
import { ServerJournal } from './server-journal.js';
import { type ServerState, unauthorized } from './server-state.js';
import { SocketDesk } from './socket-desk.js';

/** Of {@link ElevenLabsServer.start}. */
export interface ElevenLabsServerOptions {
  /** A faster clock makes everything faster; default: the system's. */
  readonly clock?: Clock;
  /** Of all that varies, 1 by default. */
  readonly seed?: number;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** The one valid key; by default any key that is not empty is valid. */
  readonly apiKey?: string;
  /** Voices that can be asked about, any by default; speech is made with any. */
  readonly voices?: readonly string[];
  readonly scenario?: Partial<ServerScenario>;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly pattern: RegExp;
  /** @param name the variable part of the path, decoded */
  readonly answer: (exchange: HttpExchange, name: string) => void;
}

/**
 * ElevenLabs' text to speech on 127.0.0.1, by HTTP and by sockets, and its realtime transcription: what they do, how
 * long they take, and how they fail.
 * Its audio tells which generation and which ms of it it is: `heard` reads it back.
 */
export class ElevenLabsServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly journal: ServerJournal;
  readonly #server: Server;
  readonly #state: ServerState;
  readonly #desk: SocketDesk;
  readonly #connections: ReadonlySet<Socket>;
  #accepted = 0;

  private constructor(
    server: Server,
    state: ServerState,
    desk: SocketDesk,
    connections: ReadonlySet<Socket>,
  ) {
    this.#server = server;
    this.#state = state;
    this.#desk = desk;
    this.#connections = connections;
    this.journal = state.journal;
    server.on('connection', () => this.#accepted++);
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(options: ElevenLabsServerOptions = {}): Promise<ElevenLabsServer> {
    const { clock = new SystemClock(), seed = 1, port = 0, apiKey, voices, scenario = {} } = options;
    const state: ServerState = {
      clock,
      random: seededRandom(seed),
      journal: new ServerJournal(clock),
      faults: new FaultQueue(),
      generations: new GenerationLog(),
      apiKey,
      voices,
      tokens: new Map(),
      script: new ScribeScript(),
      scenario: changedScenario(DEFAULT_SCENARIO, scenario),
    };
    const connections = new Set<Socket>();
    const desk = new SocketDesk(state, new WebSocketServer({ noServer: true, perMessageDeflate: false }));
    const server = createServer(answering(state));
    server.on('connection', (socket) => {
      connections.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => connections.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      try {
        desk.upgrade(request, socket, head);
      } catch {
        socket.destroy(); // a path that cannot be decoded
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new ElevenLabsServer(server, state, desk, connections);
  }

  /** TCP connections that were ever made. */
  get connections(): number {
    return this.#accepted;
  }

  /** Open sockets. */
  get sockets(): number {
    return this.#desk.sockets;
  }

  /** Contexts without their final message, on all sockets. */
  get contexts(): number {
    return this.#desk.contexts;
  }

  /** Each context and each HTTP request that was to say something; the last 4095. */
  get generations(): readonly Generation[] {
    return this.#state.generations.all;
  }

  /** Contexts and requests that begin from now on speak so, and transcription sockets that open transcribe so. */
  set(scenario: Partial<ServerScenario>): void {
    this.#state.scenario = changedScenario(this.#state.scenario, scenario);
  }

  /** What callers say in their next utterances, on whatever transcription socket; 'something' once all is said. */
  hears(...utterances: readonly (string | ScriptedWords)[]): void {
    this.#state.script.add(utterances);
  }

  /** Utterances of {@link hears} that nobody has begun to say. */
  get unheard(): number {
    return this.#state.script.left;
  }

  /** Each fault waits for its event, and strikes `times` times. */
  fail(...faults: readonly ElevenLabsFault[]): void {
    this.#state.faults.add(faults);
  }

  /** How often a fault has struck. */
  get struck(): number {
    return this.#state.faults.struck;
  }

  /** Drops the faults that have not struck yet. */
  healthy(): void {
    this.#state.faults.clear();
  }

  /** Cuts every open socket now: clients see 1006. */
  cutSockets(): void {
    this.#desk.cut();
  }

  /** What of which generation is in these bytes, in order of appearance; whatever else is in them is skipped. */
  heard(bytes: Uint8Array): HeardGeneration[] {
    return this.#state.generations.heard(bytes);
  }

  async close(): Promise<void> {
    this.#desk.cut();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }
}

function answering(state: ServerState): (request: IncomingMessage, response: ServerResponse) => void {
  const routes = routesOf(state);
  let requests = 0;
  return (request, response) => {
    const handle = async () => {
      const exchange = await HttpExchange.read(request, response, ++requests, state.journal);
      for (const { method, pattern, answer } of routes) {
        const match = method === request.method ? pattern.exec(exchange.path) : null;
        if (match === null) continue;
        answer(exchange, decodeURIComponent(match[1] ?? ''));
        return;
      }
      exchange.refuse({ ...refusal(404), body: '{"detail":"Not Found"}' });
    };
    handle().catch(() => {
      response.destroy(); // the client left while it was asking
    });
  };
}

function routesOf(state: ServerState): readonly Route[] {
  const speech = new HttpSpeech(state);
  const spoken = (path: string, streams: boolean, timestamps: boolean): Route => ({
    method: 'POST',
    pattern: new RegExp(`^/v1/text-to-speech/([^/]+)${path}$`),
    answer: (exchange, voiceId) => {
      speech.answer(exchange, voiceId, { streams, timestamps });
    },
  });
  return [
    spoken('', false, false),
    spoken('/stream', true, false),
    spoken('/with-timestamps', false, true),
    spoken('/stream/with-timestamps', true, true),
    ...accountRoutes(state),
    {
      method: 'POST',
      pattern: /^\/v1\/single-use-token\/([^/]+)$/,
      answer: (exchange, type) => {
        const refused = unauthorized(state, exchange.headers);
        if (refused !== undefined) exchange.refuse(refused);
        else exchange.json({ token: newToken(state, type) });
      },
    },
  ];
}

function accountRoutes(state: ServerState): readonly Route[] {
  return [
    {
      method: 'GET',
      pattern: /^\/v1\/voices\/([^/]+)$/,
      answer: (exchange, voiceId) => {
        answerVoice(state, exchange, voiceId);
      },
    },
    {
      method: 'GET',
      pattern: /^\/v1\/models$/,
      answer: (exchange) => {
        answerModels(state, exchange);
      },
    },
  ];
}

function newToken({ tokens, random }: ServerState, type: string): string {
  const token = `sutkn_${Math.floor(random() * 2 ** 32).toString(36)}`;
  tokens.set(token, type);
  return token;
}
