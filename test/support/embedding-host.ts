import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DynamicModule,
  type INestApplication,
  Module,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import {
  MediaStreamAdapter,
  SystemClock,
  TwilioVoiceModule,
  type TwilioVoiceModuleOptions,
  VOICE_AGENT,
} from '../../src/index.js';
import {
  networkTransport,
  provideTwilioVoiceTesting,
  ScriptedAgent,
  SimulatedCall,
  type SimulatedCallOptions,
} from '../../src/testing/index.js';
import { freePort } from './free-port.js';

export const PLATFORMS = { express: ExpressAdapter, fastify: FastifyAdapter } as const;
export type Platform = keyof typeof PLATFORMS;
/** What a host has for its own sockets; `implicit`: gateways, and no adapter installed. */
export type Sockets = 'socket.io' | 'implicit' | 'ws' | 'none';

export const AUTH_TOKEN = '0123456789abcdef';
export const clock = new SystemClock();

/** Ends when that is true, or throws after `withinMs`. */
export async function until(what: string, isTrue: () => boolean, withinMs = 40_000): Promise<void> {
  const end = clock.now() + withinMs;
  while (!isTrue()) {
    if (clock.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
}

interface IoClient {
  on(event: string, listener: (data: string) => void): unknown;
  emit(event: string, data: string): unknown;
}

/** The host's own sockets: whatever comes on `hello` goes back. */
@WebSocketGateway()
class ChatGateway implements OnGatewayConnection {
  handleConnection(client: IoClient): void {
    client.on('hello', (data) => {
      client.emit('hello', data);
    });
  }
}

@WebSocketGateway({ path: '/chat' })
class WsChatGateway implements OnGatewayConnection {
  handleConnection(client: WebSocket): void {
    client.on('message', (data: Buffer) => {
      client.send(data.toString());
    });
  }
}

const GATEWAYS: Readonly<Record<Sockets, Type[]>> = {
  'socket.io': [ChatGateway],
  implicit: [ChatGateway],
  ws: [WsChatGateway],
  none: [],
};

export interface EmbeddingOptions {
  readonly platform?: Platform;
  readonly sockets?: Sockets;
  /** Whether `main.ts` has our line. */
  readonly install?: boolean;
  /** Of the module, beside agent and testing providers. */
  readonly settings?: Partial<TwilioVoiceModuleOptions>;
  readonly agent?: ScriptedAgent;
  /** Of the host's own module. */
  readonly host?: ModuleMetadata;
  /** The rest of `main.ts`. */
  readonly configure?: (app: INestApplication) => void;
  /** Global prefix, a part of the public URL too. */
  readonly prefix?: string;
}

/** The host's root module, with the voice line in it. */
export function hostModule(
  { sockets = 'none', settings = {}, host = {}, agent = talker() }: EmbeddingOptions,
  publicUrl = 'http://127.0.0.1:3000',
): Type {
  const testing: Provider[] = provideTwilioVoiceTesting({ clock });
  const line: DynamicModule = TwilioVoiceModule.forRoot({
    agent: ScriptedAgent, // its class is only a token here
    publicUrl,
    authToken: AUTH_TOKEN,
    drain: { graceMs: 0 },
    conversation: { disclosure: '' },
    ...settings,
    providers: [
      ...testing,
      { provide: ScriptedAgent, useValue: agent },
      { provide: VOICE_AGENT, useValue: agent },
      ...(settings.providers ?? []),
    ],
  });
  @Module({
    ...host,
    imports: [line, ...(host.imports ?? [])],
    providers: [...GATEWAYS[sockets], ...(host.providers ?? [])],
  })
  class HostModule {}
  return HostModule;
}

/** An agent that greets and answers at a length that a slow machine cannot miss, 300 ms a word. */
export function talker(): ScriptedAgent {
  return new ScriptedAgent(clock, ['answer '.repeat(150)], { greeting: 'welcome '.repeat(150) });
}

/** A Nest application as hosts make them, which listens on this machine. */
export class EmbeddingHost {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    readonly publicUrl: string,
    /** Warnings and errors that were logged. */
    readonly logs: readonly string[],
  ) {}

  /** @throws what the boot throws; the application is closed then */
  static async boot(options: EmbeddingOptions = {}): Promise<EmbeddingHost> {
    const { platform = 'express', sockets = 'none', prefix } = options;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const publicUrl = prefix === undefined ? url : `${url}/${prefix}`;
    const logs: string[] = [];
    const log = (line: unknown) => void logs.push(String(line));
    const silent = { log: () => undefined, warn: log, error: log };
    const app = await NestFactory.create(hostModule(options, publicUrl), new PLATFORMS[platform](), {
      logger: silent,
      abortOnError: false,
    });
    try {
      if (prefix !== undefined) app.setGlobalPrefix(prefix);
      if (sockets === 'socket.io') app.useWebSocketAdapter(new IoAdapter(app));
      if (sockets === 'ws') app.useWebSocketAdapter(new WsAdapter(app));
      options.configure?.(app);
      if (options.install === true) MediaStreamAdapter.install(app);
      await app.listen(port, '127.0.0.1');
    } catch (error) {
      await app.close();
      throw error;
    }
    return new EmbeddingHost(app, url, publicUrl, logs);
  }

  get http(): Server {
    return this.app.getHttpServer() as Server;
  }

  call(options: Partial<SimulatedCallOptions> = {}): SimulatedCall {
    const call = new SimulatedCall({
      clock,
      transport: networkTransport(),
      authToken: AUTH_TOKEN,
      ...options,
    });
    call.dial(`${this.publicUrl}/voice/incoming`);
    return call;
  }

  /** @returns the status of a handshake: 101, what it is refused with, or 0 if the connection just ended */
  handshake(path: string): Promise<number> {
    const socket = new WebSocket(this.url.replace('http', 'ws') + path);
    return new Promise((resolve) => {
      socket.on('open', () => {
        resolve(101);
        socket.terminate();
      });
      socket.on('unexpected-response', (_, { statusCode = 0 }) => {
        resolve(statusCode);
      });
      socket.on('error', () => {
        resolve(0);
      });
    });
  }

  /** What the host's own sockets answer. */
  async chat(sockets: Sockets): Promise<string> {
    if (sockets === 'none') return 'hello';
    return sockets === 'ws' ? this.wsChat() : this.ioChat();
  }

  private ioChat(): Promise<string> {
    const socket = io(this.url, { transports: ['websocket'], reconnection: false, forceNew: true });
    return new Promise<string>((resolve, reject) => {
      socket.on('hello', resolve);
      socket.on('connect_error', reject);
      socket.on('connect', () => socket.emit('hello', 'hello'));
    }).finally(() => socket.disconnect());
  }

  private wsChat(): Promise<string> {
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/chat`);
    return new Promise<string>((resolve, reject) => {
      socket.on('message', (data: Buffer) => {
        resolve(data.toString());
      });
      socket.on('error', reject);
      socket.on('open', () => {
        socket.send('hello');
      });
    }).finally(() => {
      socket.terminate();
    });
  }
}
