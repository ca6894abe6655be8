import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from './refusal.js';
import type { ServerJournal } from './server-journal.js';

type Fields = Readonly<Record<string, string>>;

/** One HTTP request and its answer, both in the journal. */
export class HttpExchange {
  readonly path: string;
  readonly query: Fields;
  readonly headers: Fields;
  /** Parsed JSON, or text. */
  readonly body: unknown;
  readonly #response: ServerResponse;

  private constructor(request: IncomingMessage, response: ServerResponse, body: string) {
    const { path, query } = readUrl(request);
    this.path = path;
    this.query = query;
    this.headers = readHeaders(request);
    this.body = parsed(body);
    this.#response = response;
  }

  /** @param number in the journal */
  static async read(
    request: IncomingMessage,
    response: ServerResponse,
    number: number,
    journal: ServerJournal,
  ): Promise<HttpExchange> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const exchange = new HttpExchange(request, response, Buffer.concat(chunks).toString('utf8'));
    const { path, query, headers, body } = exchange;
    journal.add({
      type: 'request',
      request: number,
      method: request.method ?? '',
      path,
      query,
      headers,
      body,
    });
    response.on('close', () => {
      const status = response.headersSent ? response.statusCode : 0;
      journal.add({ type: 'response', request: number, status, finished: response.writableFinished });
    });
    response.on('error', () => undefined);
    return exchange;
  }

  /** Calls `task` once the answer has ended, one way or another. */
  onEnd(task: () => void): void {
    this.#response.on('close', task);
  }

  refuse({ status, headers, body }: Refusal): void {
    this.#response.writeHead(status, headers).end(body);
  }

  json(body: unknown): void {
    this.#response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  /** Starts an answer of unknown length. */
  begin(headers: Fields): void {
    this.#response.writeHead(200, headers);
    this.#response.flushHeaders();
  }

  write(chunk: Uint8Array): void {
    this.#response.write(chunk);
  }

  end(): void {
    this.#response.end();
  }

  /** Resets the connection. */
  cut(): void {
    this.#response.socket?.resetAndDestroy();
  }
}

export function readUrl(request: IncomingMessage): { path: string; query: Fields } {
  const url = new URL(request.url ?? '/', 'http://localhost');
  return { path: url.pathname, query: Object.fromEntries(url.searchParams) };
}

export const readHeaders = (request: IncomingMessage): Fields =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
