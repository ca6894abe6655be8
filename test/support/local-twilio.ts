import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';
import type { TwilioClient } from '../../src/index.js';
import type { SimulatedCall } from '../../src/testing/index.js';

const ACCOUNT_SID = `AC${'a1'.repeat(16)}`;
const TOKEN = 'a token';
const CREDENTIALS = `Basic ${Buffer.from(`${ACCOUNT_SID}:${TOKEN}`).toString('base64')}`;
const ROOT = `/2010-04-01/Accounts/${ACCOUNT_SID}`;
/** Fields that these requests may have, where they have any. */
const ROUTES: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /^POST \/Calls\.json$/,
    [
      ...['To', 'From', 'Url', 'Method', 'StatusCallback', 'StatusCallbackEvent', 'Timeout', 'TimeLimit'],
      ...['MachineDetection', 'AsyncAmd', 'AsyncAmdStatusCallback'],
    ],
  ],
  [/^GET \/Calls\/CA\w+\.json$/, []],
  [/^POST \/Calls\/CA\w+\.json$/, ['Status', 'Twiml', 'TimeLimit']],
  [
    /^POST \/Calls\/CA\w+\/Recordings\.json$/,
    ['RecordingChannels', 'RecordingStatusCallback', 'RecordingStatusCallbackEvent'],
  ],
  [/^POST \/Calls\/CA\w+\/Recordings\/Twilio\.CURRENT\.json$/, ['Status', 'PauseBehavior']],
];
const CALL = /\/Calls\/(\w+)[./]/;

interface Refusal {
  readonly status: number;
  readonly code: number;
}

/** A request, its form decoded. */
export interface RestRequest {
  readonly method: string;
  readonly path: string;
  /** Of a field that comes several times, its values with a space between. */
  readonly form: Readonly<Record<string, string>>;
}

/**
 * Twilio's REST API on this machine, and Twilio's own client that talks to it. Refuses what Twilio refuses; an update
 * moves the simulated call.
 */
export class LocalTwilio {
  readonly requests: RestRequest[] = [];
  readonly client: TwilioClient;
  /** Answers that come first; then every request succeeds. */
  readonly refusals: Refusal[] = [];
  /** When every call began, ms since 1970. */
  startedAt = 0;
  readonly #server: Server;
  #created = 0;
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
    this.client = twilio(ACCOUNT_SID, TOKEN, { httpClient: new LocalClient() });
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
        const { method = '', url: path = '', headers } = request;
        const form = formOf(body);
        local.requests.push({ method, path, form });
        const refusal = local.refusals.shift() ?? local.#refusal(`${method} ${path}`, form, headers);
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

  #refusal(
    route: string,
    form: RestRequest['form'],
    { authorization, 'content-type': type }: IncomingHttpHeaders,
  ): Refusal | undefined {
    if (authorization !== CREDENTIALS) return { status: 401, code: 20003 };
    const [, fields] = ROUTES.find(([pattern]) => pattern.test(route.replace(ROOT, ''))) ?? [];
    const ended = this.#calls.get(CALL.exec(route)?.[1] ?? '')?.endedBy !== undefined;
    // A call that is over, like a bidirectional stream, is nothing that can be changed.
    if (fields === undefined || ended) return { status: 404, code: 20404 };
    if (route.startsWith('POST') && type !== 'application/x-www-form-urlencoded')
      return { status: 415, code: 20001 };
    return Object.keys(form).every((name) => fields.includes(name))
      ? undefined
      : { status: 400, code: 20001 };
  }

  #resource(): object {
    const sid = `CA${(++this.#created).toString(16).padStart(32, 'c')}`;
    return {
      sid,
      status: 'queued',
      start_time: new Date(this.startedAt).toUTCString().replace('GMT', '+0000'),
    };
  }

  #apply(callSid: string | undefined, form: RestRequest['form']): void {
    const call = this.#calls.get(callSid ?? '');
    if (form['Twiml'] !== undefined) call?.update(form['Twiml']);
    if (form['Status'] === 'completed') call?.complete();
  }
}

function formOf(body: string): RestRequest['form'] {
  const fields = new URLSearchParams(body);
  return Object.fromEntries([...fields.keys()].map((name) => [name, fields.getAll(name).join(' ')]));
}
