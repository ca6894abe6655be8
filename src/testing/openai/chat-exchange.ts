import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../call/clock.js';
import type { ChatRefusal } from './refusal.js';
import type { OpenEntry, RequestJournal } from './request-journal.js';

/** One HTTP request and its answer, both in the journal. */
export class ChatExchange {
  readonly entry: OpenEntry;
  readonly #response: ServerResponse;
  #cut = false;

  private constructor(entry: OpenEntry, response: ServerResponse, clock: Clock) {
    this.entry = entry;
    this.#response = response;
    response.on('error', () => undefined);
    response.on('close', () => {
      entry.status = response.headersSent ? response.statusCode : 0;
      entry.aborted = !response.writableFinished && !this.#cut;
      entry.endedAtMs = clock.now();
    });
  }

  static async read(
    request: IncomingMessage,
    response: ServerResponse,
    journal: RequestJournal,
    clock: Clock,
  ): Promise<ChatExchange> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    const entry = journal.add({
      method: request.method ?? '',
      path: pathname,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: parsed(Buffer.concat(chunks).toString('utf8')),
    });
    return new ChatExchange(entry, response, clock);
  }

  /** Calls `task` once the answer has ended, one way or another. */
  onEnd(task: () => void): void {
    this.#response.on('close', task);
  }

  refuse({ status, type, body }: ChatRefusal): void {
    this.#response.writeHead(status, { 'content-type': type }).end(body);
  }

  json(body: unknown): void {
    this.#response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  /** Starts a stream of events. */
  begin(): void {
    this.#response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.#response.flushHeaders();
  }

  /** An event of the stream. */
  event(data: string): void {
    this.#response.write(`data: ${data}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  /** Resets the connection. */
  cut(): void {
    this.#cut = true;
    this.#response.socket?.resetAndDestroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
