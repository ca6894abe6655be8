import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';
import type { TwilioClient } from '../../src/index.js';
import type { SimulatedCall } from '../../src/testing/index.js';

const ACCOUNT_SID = `AC${'a1'.repeat(16)}`;
const CALL = /\/Calls\/(\w+)\.json$/;

/** A request, its form decoded. */
export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
}

/** Twilio's REST API on this machine, and Twilio's own client that talks to it. An update moves the simulated call. */
export class LocalTwilio {
  readonly requests: RestRequest[] = [];
  readonly client: TwilioClient;
  /** Answers that come first; then every request succeeds. */
  readonly refusals: { readonly status: number; readonly code: number }[] = [];
  /** When every call began, ms since 1970. */
  startedAt = 0;
  readonly #server: Server;
  readonly #calls = new Map<string, SimulatedCall>();

  private constructor(server: Server) {
    this.#server = server;
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    class LocalClient extends twilio.RequestClient {
      override request<T>(options: Parameters<twilio.RequestClient['request']>[0]) {
        const uri = options.uri.replace('https://api.twilio.com', base);
        return super.request<T>({ ...options, uri } as never);
      }
    }
    this.client = twilio(ACCOUNT_SID, 'a token', { httpClient: new LocalClient() });
  }

  static async start(): Promise<LocalTwilio> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const local = new LocalTwilio(server);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const form = Object.fromEntries(new URLSearchParams(body));
        const { method = '', url: path = '' } = request;
        local.requests.push({ method, path, form });
        const refusal = local.refusals.shift();
        const answer = refusal === undefined ? local.#resource() : { ...refusal, message: 'refused' };
        response.writeHead(refusal?.status ?? 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
        if (refusal === undefined) local.#apply(CALL.exec(path)?.[1], form);
      });
    });
    return local;
  }

  /** An update of this call does to it what it does at Twilio. */
  carries(call: SimulatedCall): void {
    this.#calls.set(call.callSid, call);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #resource(): object {
    return { start_time: new Date(this.startedAt).toUTCString().replace('GMT', '+0000') };
  }

  #apply(callSid: string | undefined, form: RestRequest['form']): void {
    const call = this.#calls.get(callSid ?? '');
    if (form['Twiml'] !== undefined) call?.update(form['Twiml']);
    if (form['Status'] === 'completed') call?.complete();
  }
}
