import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, Logger, Module, type Type, type WebSocketAdapter } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import twilio from 'twilio';
import { WebSocket } from 'ws';
import { CLOCK } from '../call/clock.js';
import { STREAM_ACCEPTOR, type StreamStart } from '../call/stream.js';
import { SystemClock } from '../call/system-clock.js';
import { parseTwiml, type TwimlElement } from '../testing/twiml-parser.js';
import { twilioSignature } from '../testing/twilio-signature.js';
import { ALONE_PROVIDERS } from '../sharing/alone.providers.js';
import { resolveOptions, TWILIO_VOICE_OPTIONS, type TwilioVoiceOptions } from '../twilio-voice.options.js';
import { CallOutcomes } from './call-outcomes.js';
import type { CallbackEvent } from './callbacks/callback-events.js';
import { TwilioCallbacks } from './callbacks/twilio-callbacks.js';
import { MediaStreamAdapter } from './media-stream.adapter.js';
import { OpenStreams } from './open-streams.js';
import { StreamTokens } from './stream-token.js';
import { type TwilioClient, TwilioRest } from './twilio-client.js';
import { TwilioCallControl } from './twilio-rest.js';
import { TwilioStreamGateway } from './twilio-stream.gateway.js';
import { twilioControllers, twilioProviders } from './twilio.providers.js';
import { VoiceTwiml } from './twiml.js';

const publicUrl = 'https://voice.example.com';
const authToken = '12345';
const accountSid = `AC${'0a'.repeat(16)}`;
const callSid = `CA${'0b'.repeat(16)}`;
const streamSid = `MZ${'0c'.repeat(16)}`;
const call = {
  CallSid: callSid,
  From: '+15550100',
  To: '+15550101',
  Direction: 'inbound',
  CallStatus: 'ringing',
};

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

/** A Nest application with this room in it, listening on a port of its own. */
class Host {
  readonly starts: StreamStart[] = [];
  readonly ends: string[] = [];
  app!: INestApplication;
  sockets: WebSocket[] = [];

  async boot(
    options: TwilioVoiceOptions = {},
    { gateways = [], adapt = install }: { gateways?: Type[]; adapt?: (app: INestApplication) => void } = {},
  ): Promise<this> {
    const resolved = resolveOptions({ publicUrl, authToken, ...options });
    const acceptor = {
      accept: (start: StreamStart) => {
        this.starts.push(start);
        const ignore = () => undefined;
        return {
          audio: ignore,
          mark: ignore,
          digit: ignore,
          ended: (reason: string) => this.ends.push(reason),
        };
      },
    };
    @Module({
      controllers: twilioControllers(resolved.basePath),
      providers: [
        { provide: TWILIO_VOICE_OPTIONS, useValue: resolved },
        { provide: CLOCK, useClass: SystemClock },
        { provide: STREAM_ACCEPTOR, useValue: acceptor },
        ...ALONE_PROVIDERS,
        ...twilioProviders(),
        ...gateways,
      ],
    })
    class HostModule {}
    const module = await Test.createTestingModule({ imports: [HostModule] }).compile();

    this.app = module.createNestApplication({ rawBody: true });
    adapt(this.app);
    await this.app.listen(0, '127.0.0.1');
    return this;
  }

  get address(): string {
    const { port } = (this.app.getHttpServer() as Server).address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  async post(
    path: string,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.send(path, new URLSearchParams(form).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    });
  }

  signed(path: string, form: Record<string, string>): Promise<Answer> {
    return this.post(path, form, {
      'x-twilio-signature': twilioSignature(authToken, publicUrl + path, form),
    });
  }

  async send(path: string, body: string, headers: Record<string, string>): Promise<Answer> {
    const answer = await fetch(`http://${this.address}${path}`, { method: 'POST', body, headers });
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
  }

  /** Opens a socket: the status line's code, 101 for an open one, and the socket. */
  async connect(path: string, signature?: string): Promise<{ status: number; socket: WebSocket }> {
    const headers = signature === undefined ? {} : { 'x-twilio-signature': signature };
    const socket = new WebSocket(`ws://${this.address}${path}`, { headers, perMessageDeflate: false });
    this.sockets.push(socket);
    const status = await new Promise<number>((resolve) => {
      socket.on('open', () => {
        resolve(101);
      });
      socket.on('unexpected-response', (_, response: IncomingMessage) => {
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', () => {
        resolve(0);
      });
    });
    return { status, socket };
  }

  stream(): Promise<{ status: number; socket: WebSocket }> {
    return this.connect('/voice/stream', streamSignature());
  }

  /** A stream that has started. */
  async started(stream = streamSid, ofCall = callSid): Promise<WebSocket> {
    const { socket } = await this.stream();
    const customParameters = { _token: this.app.get(StreamTokens).mint(ofCall), from: '+15550100' };
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
    const start = { accountSid, callSid: ofCall, streamSid: stream, mediaFormat, customParameters };
    const before = this.starts.length;
    socket.send(JSON.stringify({ event: 'start', sequenceNumber: '1', streamSid: stream, start }));
    while (this.starts.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await (this.app as INestApplication | undefined)?.close();
  }
}

const install = (app: INestApplication) => {
  MediaStreamAdapter.install(app);
};
const streamSignature = (url = 'wss://voice.example.com/voice/stream', token = authToken) =>
  twilioSignature(token, url);
const closed = async (socket: WebSocket) => {
  const [code] = (await once(socket, 'close')) as [number];
  return code;
};
const child = (element: TwimlElement | undefined, name: string) =>
  element?.children.find((one) => one.name === name);

let host: Host;
beforeAll(() => {
  Logger.overrideLogger(false);
});
afterEach(async () => {
  await host.close();
});

describe('A webhook', () => {
  it.each([
    ['without a signature', {}],
    ['with an empty signature', { 'x-twilio-signature': '' }],
    ['with nonsense for a signature', { 'x-twilio-signature': 'L/OH5YylLD5NRKLltdqwSvS0BnU=' }],
    [
      'signed with another token',
      { 'x-twilio-signature': twilioSignature('54321', `${publicUrl}/voice/incoming`, call) },
    ],
    [
      'signed for another path',
      { 'x-twilio-signature': twilioSignature(authToken, `${publicUrl}/voice/status`, call) },
    ],
    [
      'signed for the host it names itself',
      {
        'x-twilio-signature': twilioSignature(authToken, 'https://evil.example/voice/incoming', call),
        'x-forwarded-host': 'evil.example',
      },
    ],
  ])('is answered 403 %s', async (_, headers) => {
    host = await new Host().boot();
    expect((await host.post('/voice/incoming', call, headers)).status).toBe(403);
  });

  it('is answered 403 when a field was changed', async () => {
    host = await new Host().boot();
    const signature = twilioSignature(authToken, `${publicUrl}/voice/incoming`, call);
    const answer = await host.post(
      '/voice/incoming',
      { ...call, To: '+1' },
      { 'x-twilio-signature': signature },
    );
    expect(answer.status).toBe(403);
  });

  it('is answered when its form is signed, query and all', async () => {
    host = await new Host().boot();
    expect((await host.signed('/voice/incoming', call)).status).toBe(200);
    expect((await host.signed('/voice/status?a=1&b=%27', call)).status).toBe(204);
  });

  it('is answered when its JSON is signed, and refused when that was changed', async () => {
    host = await new Host().boot();
    const body = JSON.stringify(call);
    const hash = createHash('sha256').update(body).digest('hex');
    const path = `/voice/status?bodySHA256=${hash}`;
    const signature = twilioSignature(authToken, publicUrl + path);
    const headers = { 'content-type': 'application/json', 'x-twilio-signature': signature };
    expect((await host.send(path, body, headers)).status).toBe(204);
    expect((await host.send(path, body.replace('ringing', 'busy'), headers)).status).toBe(403);
  });

  it.each(['incoming', 'status', 'stream-status', 'continue'])(
    'without a call is answered 400: %s',
    async (name) => {
      host = await new Host().boot();
      const { status, type } = await host.signed(`/voice/${name}`, { From: '+1' });
      expect([status, type]).toEqual([400, expect.stringMatching(/^application\/json/)]); // an error is no TwiML
    },
  );

  it('needs no signature on loopback without an auth token, unless it was forwarded', async () => {
    host = new Host();
    await host.boot({ publicUrl: 'http://127.0.0.1:3000', authToken: undefined });
    expect((await host.post('/voice/incoming', call)).status).toBe(200);
    expect((await host.post('/voice/incoming', call, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(403);
    for (const headers of [
      { origin: 'https://page.example' },
      { 'x-real-ip': '192.0.2.1' },
      { via: '1.1 proxy' },
      { 'x-forwarded-host': 'voice.example' },
    ])
      expect((await host.post('/voice/incoming', call, headers)).status).toBe(403);
  });

  it('is found under a global prefix that is part of publicUrl, and so is the stream', async () => {
    host = new Host();
    await host.boot(
      { publicUrl: `${publicUrl}/api`, basePath: 'phone/line' },
      {
        adapt: (app) => {
          app.setGlobalPrefix('api');
          install(app);
        },
      },
    );
    const { status, body } = await host.signed('/api/phone/line/incoming', call);
    expect(status).toBe(200);
    expect(body).toContain('wss://voice.example.com/api/phone/line/stream"');
    const signature = streamSignature('wss://voice.example.com/api/phone/line/stream');
    expect((await host.connect('/api/phone/line/stream', signature)).status).toBe(101);
  });

  it.each([
    { prefix: 'api', publicUrl, at: '/api/voice' },
    { prefix: '/api/', publicUrl: `${publicUrl}/api`, at: '/api/voice' },
    { prefix: 'api/v2', publicUrl, at: '/api/v2/voice' },
    { prefix: 'api', exclude: ['voice/{*rest}'], publicUrl, at: '/voice' },
    { prefix: 'api', exclude: ['other'], publicUrl, at: '/api/voice' },
  ])(
    'tells Twilio where it is under the global prefix $prefix: $at',
    async ({ prefix, exclude, at, ...own }) => {
      host = new Host();
      const adapt = (app: INestApplication) => {
        app.setGlobalPrefix(prefix, exclude === undefined ? {} : { exclude });
        install(app);
      };
      await host.boot(own, { adapt });
      const { status, body } = await host.signed(`${at}/incoming`, call);
      expect(status).toBe(200);
      for (const told of ['continue?again=', 'stream-status"'])
        expect(body).toContain(`${publicUrl}${at}/${told}`);
      expect((await host.signed(`${at}/continue`, call)).status).toBe(200);
    },
  );
});

describe('The TwiML', () => {
  it('of an incoming call connects it to a stream and asks what comes next', async () => {
    host = await new Host().boot();
    const { type, body } = await host.signed('/voice/incoming', call);
    expect(type).toMatch(/^text\/xml/);
    const root = parseTwiml(body);
    expect(root.children.map(({ name }) => name)).toEqual(['Connect', 'Redirect']);
    const stream = child(root.children[0], 'Stream');
    expect(stream?.attributes).toEqual({
      url: 'wss://voice.example.com/voice/stream',
      name: expect.stringMatching(/^voice-[0-9a-f-]{36}$/) as unknown,
      statusCallback: 'https://voice.example.com/voice/stream-status',
    });
    const parameters = Object.fromEntries(
      stream?.children.map(({ attributes }) => [attributes.name, attributes.value]) ?? [],
    ) as Record<string, string>;
    expect(parameters).toMatchObject({ from: '+15550100', to: '+15550101', direction: 'inbound' });
    expect(host.app.get(StreamTokens).redeem(parameters._token, callSid)).toBe('ok');
    expect(root.children[1]).toMatchObject({
      attributes: { method: 'POST' },
      text: expect.stringMatching(
        /^https:\/\/voice\.example\.com\/voice\/continue\?again=[\w-]+$/,
      ) as unknown,
    });
  });

  it('gives every stream another name and token', async () => {
    host = await new Host().boot();
    const [one, other] = [
      await host.signed('/voice/incoming', call),
      await host.signed('/voice/incoming', call),
    ];
    expect(one.body).not.toBe(other.body);
  });

  it.each([
    ['completed', ['Hangup']],
    ['failed', ['Say', 'Hangup']],
    [undefined, ['Say', 'Hangup']],
  ] as const)('after a stream that %s is %j', async (outcome, verbs) => {
    host = await new Host().boot({ conversation: { closing: 'Bye & sorry' } });
    if (outcome !== undefined) void host.app.get(CallOutcomes).record(callSid, outcome);
    const root = parseTwiml((await host.signed('/voice/continue', call)).body);
    expect(root.children.map(({ name }) => name)).toEqual(verbs);
    expect(root.text).toBe(verbs.length === 2 ? 'Bye & sorry' : '');
  });

  it('takes parameters of the host’s below 500 characters, and names one that is too long', async () => {
    host = await new Host().boot();
    const twiml = host.app.get(VoiceTwiml);
    expect(twiml.connect(call, { note: 'x'.repeat(495) })).toContain('xxx');
    expect(() => twiml.connect(call, { note: 'x'.repeat(496) })).toThrow(
      /note is too long.*fewer than 500.*not 500/,
    );
    for (const name of ['_token', '_origin', 'from', 'to', 'direction'])
      expect(() => twiml.connect(call, { [name]: 'x' })).toThrow(`${name} is reserved`);
  });

  it('survives fields that come twice, which a signature does not show', async () => {
    host = await new Host().boot();
    const twice = (path: string, form: Record<string, string>, name: string) =>
      host.send(path, `${new URLSearchParams(form).toString()}&${name}=${encodeURIComponent(form[name]!)}`, {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': twilioSignature(authToken, publicUrl + path, form),
      });
    const { status, body } = await twice('/voice/incoming', call, 'From');
    expect([status, body.includes('<Stream'), body.includes('name="from"')]).toEqual([200, true, false]);
    const told: CallbackEvent[] = [];
    host.app.get(TwilioCallbacks).events$.subscribe((event) => told.push(event));
    const failed = {
      CallSid: callSid,
      StreamSid: streamSid,
      StreamEvent: 'stream-error',
      StreamError: 'why',
    };
    expect((await twice('/voice/stream-status', failed, 'StreamError')).status).toBe(204);
    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { StreamError, ...fields } = failed;
    expect(told).toEqual([{ type: 'stream-status', callSid, streamSid, event: 'error', fields }]);
    expect(StreamError).toBe('why');
  });

  it('survives a caller whose name is too long', async () => {
    host = await new Host().boot();
    const answer = await host.signed('/voice/incoming', {
      ...call,
      From: `sip:${'x'.repeat(600)}@example.com`,
    });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toContain('name="from"');
  });

  it('is ws on loopback', async () => {
    host = await new Host().boot({ publicUrl: 'http://localhost:3000' });
    expect(host.app.get(VoiceTwiml).connect(call)).toContain('url="ws://localhost:3000/voice/stream"');
  });
});

describe('A handshake', () => {
  it.each([
    ['without a signature', undefined],
    ['with a wrong signature', 'L/OH5YylLD5NRKLltdqwSvS0BnU='],
    ['signed with another token', streamSignature(undefined, '54321')],
    ['signed for https', streamSignature('https://voice.example.com/voice/stream')],
    ['signed for another host', streamSignature('wss://evil.example/voice/stream')],
  ])('%s is refused before it is one', async (_, signature) => {
    host = await new Host().boot();
    expect((await host.connect('/voice/stream', signature)).status).toBe(403);
    expect(host.app.get(TwilioStreamGateway).refusals).toEqual({ 403: 1, 429: 0, 503: 0 });
    expect(host.app.get(OpenStreams).pending).toBe(0);
  });

  it.each([
    ['as the TwiML has it', publicUrl, 'wss://voice.example.com/voice/stream'],
    ['with a trailing slash', publicUrl, 'wss://voice.example.com/voice/stream/'],
    ['with the port a configured one has', `${publicUrl}:8443`, 'wss://voice.example.com/voice/stream'],
  ])('is accepted when signed %s', async (_, url, signedUrl) => {
    host = await new Host().boot({ publicUrl: url });
    expect((await host.connect('/voice/stream', streamSignature(signedUrl))).status).toBe(101);
  });

  it('may call the path with a slash', async () => {
    host = await new Host().boot();
    expect((await host.connect('/voice/stream/', streamSignature())).status).toBe(101);
  });

  it('finds its own path in each of two applications of one process', async () => {
    const other = new Host();
    host = new Host();
    await Promise.all([host.boot({ basePath: 'one' }), other.boot({ basePath: 'two' })]);
    const statuses = [];
    for (const each of [host, other])
      for (const name of ['one', 'two']) {
        const signature = streamSignature(`wss://voice.example.com/${name}/stream`);
        statuses.push((await each.connect(`/${name}/stream`, signature)).status);
      }
    await other.close();
    expect(statuses).toEqual([101, 404, 404, 101]);
  });

  it('at an unknown path is answered 404', async () => {
    host = await new Host().boot();
    expect((await host.connect('/voice/elsewhere', streamSignature())).status).toBe(404);
  });

  it('beyond the pending sockets is answered 503, until one of them has started or gone', async () => {
    host = await new Host().boot({ limits: { maxPendingSockets: 1 } });
    const { socket } = await host.stream();
    expect((await host.stream()).status).toBe(503);
    socket.terminate();
    while (host.app.get(OpenStreams).pending > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await host.started();
    expect((await host.stream()).status).toBe(101);
  });

  it('beyond the streams is answered 503', async () => {
    host = await new Host().boot({ limits: { maxStreams: 1 } });
    await host.started();
    expect((await host.stream()).status).toBe(503);
  });

  it('that no adapter has checked is checked on connection', async () => {
    host = await new Host().boot();
    const closes: number[] = [];
    const socket = { close: (code: number) => closes.push(code) } as unknown as WebSocket;
    host.app.get(TwilioStreamGateway).handleConnection(socket, { headers: {}, socket: {} });
    expect(closes).toEqual([1008]);
  });
});

describe('A stream over a real socket', () => {
  it('ends alone when it sends too much, with 1009', async () => {
    host = await new Host().boot({ limits: { maxPayloadBytes: 1024 } });
    const [good, bad] = [await host.started('MZ1', 'CA1'), await host.started('MZ2', 'CA2')];
    bad.send('x'.repeat(2048));
    expect(await closed(bad)).toBe(1009);
    while (host.ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(host.ends).toEqual(['socket-closed']);
    expect(good.readyState).toBe(WebSocket.OPEN);
  });

  it.each([
    ['stream-status', { StreamSid: streamSid, StreamEvent: 'stream-error' }, 'stream-error'],
    ['stream-status', { StreamSid: streamSid, StreamEvent: 'stream-stopped' }, 'stop'],
    ['status', { CallStatus: 'completed' }, 'stop'],
    ['status', { CallStatus: 'canceled' }, 'stop'],
  ])('ends at once when %s says %j', async (name, form, reason) => {
    host = await new Host().boot();
    const socket = await host.started();
    const code = closed(socket);
    expect((await host.signed(`/voice/${name}`, { CallSid: callSid, ...form })).status).toBe(204);
    expect(await code).toBe(1000);
    expect(host.ends).toEqual([reason]);
  });

  it.each([
    ['stream-status', { StreamSid: streamSid, StreamEvent: 'stream-started' }],
    ['status', { CallStatus: 'in-progress' }],
  ])('goes on when %s says %j', async (name, form) => {
    host = await new Host().boot();
    await host.started();
    await host.signed(`/voice/${name}`, { CallSid: callSid, ...form });
    expect(host.app.get(OpenStreams).size).toBe(1);
  });

  it('is closed with 1001 when the application closes, within the grace', async () => {
    host = await new Host().boot();
    const socket = await host.started();
    const code = closed(socket);
    const from = performance.now();
    await host.app.close();
    expect(await code).toBe(1001);
    expect(host.ends).toEqual(['closed-by-us']);
    expect(performance.now() - from).toBeLessThan(900);
  });
});

@WebSocketGateway({ path: '/echo' })
class EchoGateway implements OnGatewayConnection {
  handleConnection(client: WebSocket): void {
    client.on('message', (data: Buffer) => {
      client.send(data.toString());
    });
  }
}

/** An adapter whose servers are no `ws` servers, as socket.io's are not. */
class ForeignAdapter implements WebSocketAdapter {
  readonly created: unknown[] = [];
  create(_: number, options: unknown): unknown {
    this.created.push(options);
    return { on: () => undefined };
  }
  bindClientConnect(): void {
    // Nobody connects.
  }
  bindMessageHandlers(): void {
    // Nobody connects.
  }
  close(): void {
    // Nothing is open.
  }
  dispose(): void {
    // Nothing is open.
  }
}

describe('The host', () => {
  const echoes = async () => {
    const { status, socket } = await host.connect('/echo');
    if (status !== 101) return status;
    socket.send('hello');
    const [data] = (await once(socket, 'message')) as [Buffer];
    return data.toString();
  };

  it.each([
    [
      'ours around the ws adapter',
      (app: INestApplication) => app.useWebSocketAdapter(new MediaStreamAdapter(app, new WsAdapter(app))),
    ],
    [
      'the ws adapter, wrapped',
      (app: INestApplication) => {
        app.useWebSocketAdapter(new WsAdapter(app));
        install(app);
        install(app);
      },
    ],
    ['the ws adapter alone', (app: INestApplication) => app.useWebSocketAdapter(new WsAdapter(app))],
  ])('keeps its own sockets beside the streams with %s', async (_, adapt) => {
    host = await new Host().boot({}, { gateways: [EchoGateway], adapt });
    expect(await echoes()).toBe('hello');
    expect((await host.connect('/voice/stream')).status).toBe(403);
    await host.started();
    expect(host.starts).toHaveLength(1);
  });

  it('without a ws server is told what to do, at boot', async () => {
    host = new Host();
    const booted = host.boot({}, { adapt: (app) => app.useWebSocketAdapter(new ForeignAdapter()) });
    await expect(booted).rejects.toThrow(/socket\.io: call MediaStreamAdapter\.install\(app\)/);
  });

  it('with an adapter of another kind keeps it for its own gateways', async () => {
    const foreign = new ForeignAdapter();
    host = await new Host().boot(
      {},
      {
        gateways: [EchoGateway],
        adapt: (app) => {
          app.useWebSocketAdapter(foreign);
          install(app);
        },
      },
    );
    await host.started();
    expect(foreign.created).toEqual([{ path: '/echo' }]);
  });

  it('gets its HTTP server back as it was', async () => {
    host = await new Host().boot();
    const server = host.app.getHttpServer() as Server;
    expect(Object.hasOwn(server, 'emit')).toBe(true);
    await host.app.close();
    expect(Object.hasOwn(server, 'emit')).toBe(false);
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

describe('Hanging up by REST', () => {
  const requests: string[] = [];
  let answer = { status: 200, body: '{}' };

  /** Twilio's own client, talking to a server on this machine. */
  async function localTwilio(): Promise<{ client: TwilioClient; close: () => void }> {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        requests.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    class LocalClient extends twilio.RequestClient {
      override request<T>(options: Parameters<twilio.RequestClient['request']>[0]) {
        return super.request<T>({
          ...options,
          uri: options.uri.replace('https://api.twilio.com', base),
        } as never);
      }
    }
    const client = twilio(accountSid, authToken, { httpClient: new LocalClient() });
    return { client, close: () => server.close() };
  }
  const missing = { status: 404, body: JSON.stringify({ code: 20404, message: 'not found', status: 404 }) };
  const refused = {
    status: 401,
    body: JSON.stringify({ code: 20003, message: 'Authenticate', status: 401 }),
  };

  it('completes the call and never touches its streams; a call already over is a success', async () => {
    host = new Host();
    const { client, close } = await localTwilio();
    const control = new TwilioCallControl(resolveOptions(), new TwilioRest(resolveOptions(), client));
    expect(await control.hangUp(callSid)).toBe(true);
    answer = missing;
    expect(await control.hangUp(callSid)).toBe(true);
    answer = refused;
    await expect(control.hangUp(callSid)).rejects.toMatchObject({ code: 20003 });
    const update = `POST /2010-04-01/Accounts/${accountSid}/Calls/${callSid}.json Status=completed`;
    expect(requests).toEqual([update, update, update]);
    expect(requests.join()).not.toContain('/Streams');
    close();
  });

  it('is not available without credentials', async () => {
    host = new Host();
    for (const options of [resolveOptions(), resolveOptions({ authToken })])
      expect(await new TwilioCallControl(options, new TwilioRest(options)).hangUp(callSid)).toBe(false);
  });
});
