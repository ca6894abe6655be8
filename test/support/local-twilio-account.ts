import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A number as Twilio's REST API tells it, as far as calls go. */
export interface NumberResource {
  readonly phone_number: string;
  readonly voice_url: string;
  readonly voice_method: 'GET' | 'POST';
  readonly status_callback: string;
  readonly status_callback_method: 'GET' | 'POST';
  readonly voice_application_sid: string;
  readonly trunk_sid: string | null;
  readonly voice_receive_mode: 'voice' | 'fax';
  readonly capabilities: { readonly voice: boolean; readonly sms: boolean };
}

type Resource = readonly [status: number, body: object];

const NOT_FOUND: Resource = [
  404,
  { code: 20404, message: 'The requested resource was not found', status: 404 },
];

/** An account at Twilio's REST API on this machine: itself, its numbers and its TwiML apps. */
export class LocalTwilioAccount {
  readonly url: string;
  /** Method and path of each request. */
  readonly requests: string[] = [];
  status = 'active';
  type = 'Full';
  numbers: NumberResource[] = [];
  /** By their SIDs. */
  applications = new Map<string, Partial<NumberResource>>();

  private constructor(
    private readonly server: Server,
    private readonly sid: string,
    private readonly token: string,
  ) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const [status, body] = this.isAuthorized(request)
        ? this.resource(new URL(request.url ?? '/', this.url))
        : [401, { code: 20003, message: 'Authenticate', status: 401 }];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  static async start(sid: string, token: string): Promise<LocalTwilioAccount> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LocalTwilioAccount(server, sid, token);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private isAuthorized({ headers }: IncomingMessage): boolean {
    const basic = Buffer.from(`${this.sid}:${this.token}`).toString('base64');
    return headers.authorization === `Basic ${basic}`;
  }

  private resource({ pathname, searchParams }: URL): Resource {
    const account = `/2010-04-01/Accounts/${this.sid}`;
    if (pathname === `${account}.json`)
      return [200, { sid: this.sid, status: this.status, type: this.type, friendly_name: 'An account' }];
    if (pathname === `${account}/IncomingPhoneNumbers.json`) {
      const wanted = searchParams.get('PhoneNumber');
      const numbers = this.numbers.filter(
        ({ phone_number }) => wanted === null || phone_number.includes(wanted),
      );
      return [200, { incoming_phone_numbers: numbers, page: 0, page_size: 50, next_page_uri: null }];
    }
    const [, application] = new RegExp(`^${account}/Applications/(\\w+)\\.json$`).exec(pathname) ?? [];
    const found = this.applications.get(application ?? '');
    return found === undefined ? NOT_FOUND : [200, { sid: application, ...found }];
  }
}
