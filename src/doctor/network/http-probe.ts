import { Agent, request } from 'undici';
import type { Clock } from '../../call/clock.js';
import { pinnedLookup } from './pinned-lookup.js';

/** Bytes: a list of models is the longest that is read. */
const LONGEST_BODY = 4 * 1024 * 1024;
/** Who asks, for the host's own log. */
export const USER_AGENT = 'nestjs-twilio-voice-doctor';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 4 MB of it. */
  readonly body: string;
  /** From the request to the end of the body. */
  readonly ms: number;
}

type Headers = Readonly<Record<string, string>>;

/** Asks over HTTP, and follows no redirect. What is thrown is the error of the connection, with its code. */
export class HttpProbe {
  readonly #agent: Agent;
  readonly #clock: Clock;

  /** @param address connects there, whatever name is asked for */
  constructor(clock: Clock, timeoutMs: number, address?: string) {
    this.#clock = clock;
    const lookup = address === undefined ? {} : { lookup: pinnedLookup(address) };
    this.#agent = new Agent({
      connect: { timeout: timeoutMs, ...lookup },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  get(url: string, headers: Headers): Promise<HttpAnswer> {
    return this.#ask('GET', url, headers);
  }

  postForm(url: string, form: Readonly<Record<string, string>>, headers: Headers = {}): Promise<HttpAnswer> {
    const type = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    return this.#ask('POST', url, { ...type, ...headers }, new URLSearchParams(form).toString());
  }

  postJson(url: string, body: object, headers: Headers): Promise<HttpAnswer> {
    return this.#ask('POST', url, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #ask(method: 'GET' | 'POST', url: string, headers: Headers, body?: string): Promise<HttpAnswer> {
    const start = this.#clock.now();
    const answer = await request(url, {
      method,
      headers: { 'user-agent': USER_AGENT, ...headers },
      body: body ?? null,
      dispatcher: this.#agent,
    });
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > LONGEST_BODY) break;
    }
    const fields = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(fields) as Record<string, string>,
      body: Buffer.concat(chunks).toString('utf8'),
      ms: this.#clock.now() - start,
    };
  }
}
