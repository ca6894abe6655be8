import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../call/clock.js';
import { SystemClock } from '../../call/system-clock.js';
import { type Random, seededRandom } from '../random.js';
import { AnswerScript, type ChatScript } from './answers.js';
import { ChatExchange } from './chat-exchange.js';
import { type ChatRequest, chatRequest } from './chat-request.js';
import { Completion } from './completion.js';
import { type OpenAiFault, OpenAiFaultQueue } from './faults.js';
import {
  type ChatRefusal,
  faultRefusal,
  invalidRequest,
  unknownModel,
  unknownPath,
  wrongKey,
} from './refusal.js';
import { type JournaledRequest, RequestJournal } from './request-journal.js';
import { between, changedChatScenario, type ChatScenario, DEFAULT_CHAT_SCENARIO } from './scenario.js';
import { StreamedAnswer } from './streamed-answer.js';

/** Of {@link OpenAiServer.start}. */
export interface OpenAiServerOptions {
  /** A faster clock makes everything faster; default: the system's. */
  readonly clock?: Clock;
  /** Of all that varies, 1 by default. */
  readonly seed?: number;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** The one valid key; by default any key that is not empty is valid. */
  readonly apiKey?: string;
  /** Models that can be asked for by name, any by default; `unlisted`: as servers that have no such request. */
  readonly models?: readonly string[] | 'unlisted';
  readonly scenario?: Partial<ChatScenario>;
}

const PATH = '/v1/chat/completions';
const MODEL_PATH = /^\/v1\/models\/([^/]+)$/;

/** OpenAI's chat completions on 127.0.0.1, streamed and whole: a scripted model, how long it takes, how it fails. */
export class OpenAiServer {
  /** `http://127.0.0.1:PORT/v1`, as `OPENAI_BASE_URL`. */
  readonly url: string;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #apiKey: string | undefined;
  readonly #models: OpenAiServerOptions['models'];
  readonly #journal: RequestJournal;
  readonly #script = new AnswerScript();
  readonly #faults = new OpenAiFaultQueue();
  readonly #connections = new Set<Socket>();
  #scenario: ChatScenario;
  #accepted = 0;
  #answers = 0;

  private constructor(server: Server, options: OpenAiServerOptions) {
    const { clock = new SystemClock(), seed = 1, apiKey, scenario = {} } = options;
    this.#server = server;
    this.#clock = clock;
    this.#random = seededRandom(seed);
    this.#apiKey = apiKey;
    this.#models = options.models;
    this.#journal = new RequestJournal(clock);
    this.#scenario = changedChatScenario(DEFAULT_CHAT_SCENARIO, scenario);
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    server.on('connection', (socket) => {
      this.#accepted++;
      this.#connections.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#connections.delete(socket));
    });
    server.on('request', (request, response) => {
      this.#handle(request, response).catch(() => {
        response.destroy(); // the client left while it was asking, or a script threw
      });
    });
  }

  static async start(options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return new OpenAiServer(server, options);
  }

  /** Every request, in order, with what became of it; the last 9000. */
  get journal(): readonly JournaledRequest[] {
    return this.#journal.entries;
  }

  clearJournal(): void {
    this.#journal.clear();
  }

  /** TCP connections that were ever made. */
  get connections(): number {
    return this.#accepted;
  }

  /** Adds answers: each is given once, in their order. */
  says(...answers: readonly ChatScript[]): void {
    this.#script.add(answers);
  }

  /** What is answered when no answer waits; at first: that there is no script. */
  otherwiseSays(answer: ChatScript): void {
    this.#script.otherwise = answer;
  }

  /** Requests that come from now on are answered so. */
  set(scenario: Partial<ChatScenario>): void {
    this.#scenario = changedChatScenario(this.#scenario, scenario);
  }

  /** Each fault waits for its request, and strikes `times` times. A refused request takes no answer. */
  fail(...faults: readonly OpenAiFault[]): void {
    this.#faults.add(faults);
  }

  /** How often a fault has struck. */
  get struck(): number {
    return this.#faults.struck;
  }

  /** Drops the faults that have not struck yet. */
  healthy(): void {
    this.#faults.clear();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = await ChatExchange.read(request, response, this.#journal, this.#clock);
    const model = this.#modelAskedFor(exchange.entry);
    if (model !== undefined) {
      this.#tellModel(exchange, model);
      return;
    }
    const body = chatRequest(exchange.entry.body);
    const refused = this.#refusal(exchange.entry, body);
    if (refused !== undefined) exchange.refuse(refused);
    else if (body !== undefined) this.#answer(exchange, body);
  }

  #modelAskedFor({ method, path }: JournaledRequest): string | undefined {
    const match = method === 'GET' && this.#models !== 'unlisted' ? MODEL_PATH.exec(path) : null;
    return match === null ? undefined : decodeURIComponent(match[1] ?? '');
  }

  #tellModel(exchange: ChatExchange, id: string): void {
    const isThere = this.#models === undefined || this.#models.includes(id);
    if (!this.#isKey(exchange.entry.headers)) exchange.refuse(wrongKey());
    else if (!isThere) exchange.refuse(unknownModel(id));
    else exchange.json({ id, object: 'model', created: 0, owned_by: 'local' });
  }

  #isKey(headers: JournaledRequest['headers']): boolean {
    const key = headers['authorization']?.replace(/^Bearer /i, '') ?? '';
    return this.#apiKey === undefined ? key !== '' : key === this.#apiKey;
  }

  #refusal({ method, path, headers }: JournaledRequest, body: unknown): ChatRefusal | undefined {
    if (method !== 'POST' || path !== PATH) return unknownPath(method, path);
    if (!this.#isKey(headers)) return wrongKey();
    return body === undefined ? invalidRequest() : undefined;
  }

  #answer(exchange: ChatExchange, request: ChatRequest): void {
    const fault = this.#faults.take(request.model);
    const refused = fault && faultRefusal(fault, request);
    if (refused !== undefined) exchange.refuse(refused);
    else if (fault?.kind !== 'hang') this.#complete(exchange, request, fault);
  }

  #complete(exchange: ChatExchange, request: ChatRequest, fault: OpenAiFault | undefined): void {
    const answer = fault?.kind === 'empty' ? {} : this.#script.next(request);
    const completion = new Completion(++this.#answers, this.#clock.epoch(), request, answer);
    const line = { clock: this.#clock, random: this.#random, exchange, scenario: this.#scenario, fault };
    if (request.stream === true) new StreamedAnswer(line, completion).start();
    else this.#sendWhole(exchange, completion, fault);
  }

  /** A whole answer takes as long as its tokens; a fault between two of them leaves none of it. */
  #sendWhole(exchange: ChatExchange, completion: Completion, fault: OpenAiFault | undefined): void {
    const { firstTokenMs, tokenMs } = this.#scenario;
    let ms = between(firstTokenMs, this.#random);
    for (let token = 1; token < completion.tokens.length; token++) ms += between(tokenMs, this.#random);
    const cancel = this.#clock.after(ms, () => {
      if (fault?.kind === 'stall') return;
      if (fault !== undefined && fault.kind !== 'empty') {
        exchange.cut();
        return;
      }
      exchange.entry.tokensSent = completion.tokens.length;
      exchange.json(completion.whole);
    });
    exchange.onEnd(cancel);
  }
}
