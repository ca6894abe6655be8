import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type RawData, WebSocket } from 'ws';
import {
  CallRegistry,
  CLOCK,
  MediaStreamAdapter,
  TwilioVoiceModule,
  type TwilioVoiceOptions,
  VOICE,
  VOICE_AGENT,
  type VoiceAgent,
} from '../../../src/index.js';
import {
  networkTransport,
  readScript,
  ScaledClock,
  ScriptedAgent,
  ScriptedVoice,
  SimulatedCall,
  type Transport,
  twilioSignature,
} from '../../../src/testing/index.js';
import { OpenStreams } from '../../../src/twilio/open-streams.js';
import { frame, type HeaderLines, raw, type RawAnswer, request } from './wire.js';

/** With a port, as only then a request that names a host of its own makes a URL that is none. */
export const PUBLIC_URL = 'https://voice.example.com:8443';
export const STREAM_URL = 'wss://voice.example.com:8443/voice/stream';
export const AUTH_TOKEN = 'the-real-auth-token-of-the-account';
/** While it is rotated, both count. */
export const OLD_TOKEN = 'the-former-auth-token-of-the-account';
export const START_TIMEOUT_MS = 1_500;
export const MAX_PENDING_PER_ADDRESS = 12;
const MAX_PAYLOAD_BYTES = 16_384;

/** Longer than any attack lasts. */
const TALE = Array.from({ length: 2_000 }, (_, index) => `word${index}`).join(' ');

/** A whole application on this machine, as a proxy that ends TLS would reach it. */
export class BesiegedHost {
  /** Everything that was logged, at any level. */
  readonly logs: string[] = [];
  readonly calls: SimulatedCall[] = [];
  readonly clock = new ScaledClock(1);
  readonly voice = new ScriptedVoice(this.clock, { chunkMs: 1_000, chunkDelayMs: 500 });
  #app!: INestApplication;
  #sockets: WebSocket[] = [];

  static async open(limits: TwilioVoiceOptions['limits'] = {}): Promise<BesiegedHost> {
    const host = new BesiegedHost();
    await host.#boot(limits);
    return host;
  }

  get port(): number {
    return ((this.#app.getHttpServer() as Server).address() as AddressInfo).port;
  }

  get open(): OpenStreams {
    return this.#app.get(OpenStreams);
  }

  get registry(): CallRegistry {
    return this.#app.get(CallRegistry);
  }

  get server(): Server {
    return this.#app.getHttpServer() as Server;
  }

  get<T>(token: abstract new (...inject: never[]) => T): T {
    return this.#app.get(token);
  }

  /** A genuine call, which is told a long tale; resolves when its caller hears it. */
  async dial(): Promise<SimulatedCall> {
    const { clock } = this;
    const from = `+1500555${String(this.calls.length).padStart(4, '0')}`;
    const call = new SimulatedCall({ clock, transport: this.#proxy(), authToken: AUTH_TOKEN, from });
    this.calls.push(call);
    call.dial(`${PUBLIC_URL}/voice/incoming`);
    await this.until(() => call.heard.length > 0);
    return call;
  }

  /** POSTs a form to exactly that target. */
  post(
    target: string,
    form: Readonly<Record<string, string>>,
    headers: HeaderLines = [],
  ): Promise<RawAnswer> {
    return this.send(target, new URLSearchParams(form).toString(), [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ...headers,
    ]);
  }

  /** POSTs any body to exactly that target. */
  send(target: string, body: string | Buffer, headers: HeaderLines): Promise<RawAnswer> {
    const length: HeaderLines = [['Content-Length', String(Buffer.byteLength(body))]];
    return raw(this.port, request(`POST ${target}`, [...headers, ...length], body));
  }

  /** A handshake on any target. */
  handshake(target: string, headers: HeaderLines = SIGNED): Promise<RawAnswer> {
    return raw(this.port, request(`GET ${target}`, [...UPGRADE, ...headers], '', 'Upgrade'));
  }

  /** A stream's socket with the right signature; the handshake's status where it is refused. */
  async socket(): Promise<Attacker | number> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/voice/stream`, {
      headers: Object.fromEntries(SIGNED),
      perMessageDeflate: false,
    });
    this.#sockets.push(socket);
    socket.on('error', () => undefined);
    return new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => {
        socket.terminate();
        resolve(response.statusCode ?? 0);
      });
      socket.on('open', () => {
        resolve(new Attacker(socket));
      });
    });
  }

  /** The same, sure to be taken. */
  async attacker(): Promise<Attacker> {
    const attacker = await this.socket();
    if (typeof attacker === 'number') throw new Error(`the handshake was answered ${attacker}`);
    return attacker;
  }

  async until(isTrue: () => boolean, withinMs = 10_000): Promise<void> {
    const end = this.clock.now() + withinMs;
    while (!isTrue()) {
      if (this.clock.now() > end) throw new Error(`waited in vain for: ${isTrue.toString()}`);
      await this.clock.pass(5);
    }
  }

  /** Every call is heard as one tale without a gap, a repetition or a jump, and nothing else has happened to it. */
  disturbances(calls: readonly SimulatedCall[]): string[] {
    return calls.flatMap((call) => {
      const gaps = readScript(call.heardBytes()).filter(({ ms }, index) => ms !== index).length;
      const { heard, clears, violations, streams, endedBy } = call;
      const facts = { gaps, stretches: heard.length, clears: clears.length, violations: violations.length };
      const state = { ...facts, streams: streams.length, endedBy, errors: call.eventsOf('error').length };
      const calm = {
        gaps: 0,
        stretches: 1,
        clears: 0,
        violations: 0,
        streams: 1,
        endedBy: undefined,
        errors: 0,
      };
      const differs = JSON.stringify(state) !== JSON.stringify(calm);
      const isCarried = this.registry.find(call.callSid) !== undefined;
      return differs || !isCarried ? [`${call.callSid}: ${JSON.stringify({ ...state, isCarried })}`] : [];
    });
  }

  /** Drops what attackers left open, and waits until none of it has a place any more. */
  async calm(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#sockets = [];
    await this.until(() => this.open.pending === 0);
  }

  async close(): Promise<void> {
    for (const call of this.calls) call.hangUp();
    for (const socket of this.#sockets) socket.terminate();
    await this.#app.close();
  }

  async #boot(limits: TwilioVoiceOptions['limits']): Promise<void> {
    const { clock } = this;
    const log = (line: unknown) => void this.logs.push(String(line));
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: Nobody,
          publicUrl: PUBLIC_URL,
          authToken: [AUTH_TOKEN, OLD_TOKEN],
          limits: {
            startTimeoutMs: START_TIMEOUT_MS,
            maxPayloadBytes: MAX_PAYLOAD_BYTES,
            maxPendingPerAddress: MAX_PENDING_PER_ADDRESS,
            ...limits,
          },
          playout: { leadMs: 1_500 }, // this process attacks, answers and listens, all on one thread
          providers: [
            { provide: CLOCK, useValue: clock },
            { provide: VOICE, useValue: this.voice },
            { provide: VOICE_AGENT, useValue: new ScriptedAgent(clock, ['And so on.'], { greeting: TALE }) },
          ],
        }),
      ],
    })
      .setLogger({ log, warn: log, error: log, debug: log, verbose: log, fatal: log })
      .compile();
    this.#app = module.createNestApplication({ rawBody: true });
    MediaStreamAdapter.install(this.#app);
    await this.#app.listen(0, '127.0.0.1');
  }

  #proxy(): Transport {
    const inner = networkTransport();
    const inside = (url: string) => url.replace('voice.example.com:8443', `127.0.0.1:${this.port}`);
    return {
      post: (url, form, headers) => inner.post(inside(url).replace('https:', 'http:'), form, headers),
      connect: (url, headers, events) => inner.connect(inside(url).replace('wss:', 'ws:'), headers, events),
    };
  }
}

class Nobody implements VoiceAgent {
  reply(): string {
    return '';
  }
}

/** What everybody knows who once saw one handshake: it is the same for every call. */
export const SIGNED: HeaderLines = [['X-Twilio-Signature', twilioSignature(AUTH_TOKEN, STREAM_URL)]];

export const UPGRADE: HeaderLines = [
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
];

/** A socket that keeps to no protocol. */
export class Attacker {
  readonly socket: WebSocket;
  /** The code it was closed with: 1006 where the server just dropped it. */
  readonly closed: Promise<number>;
  /** Messages that came from the server. */
  readonly received: string[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close').then(([code]) => code as number);
    socket.on('message', (data: RawData) => this.received.push((data as Buffer).toString()));
  }

  send(message: string | Buffer | object): this {
    const isText = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(isText ? message : JSON.stringify(message));
    return this;
  }

  /** Sends a frame that no client would make. */
  frame(...args: Parameters<typeof frame>): this {
    (this.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(frame(...args));
    return this;
  }
}
