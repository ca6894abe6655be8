import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { InProcessSocket } from './in-process-socket.js';
import type { Post, SocketEvents, Transport } from './transport.js';

/** A Nest gateway, or anything else that takes `ws` sockets. */
export interface SocketGateway {
  handleConnection(client: WebSocket, request: IncomingMessage): unknown;
  handleDisconnect?(client: WebSocket): unknown;
}

/** Of {@link inProcessTransport}. */
export interface InProcessOptions {
  readonly gateway: SocketGateway;
  /** Answers the webhooks; without it every POST is answered 404. */
  readonly post?: Post;
  /** Decides about the handshake, as a `verifyClient` would; everything is let in without it. */
  readonly authorize?: (request: IncomingMessage) => boolean | Promise<boolean>;
}

/** Reaches a gateway without any real socket, so that a virtual clock can drive everything. */
export function inProcessTransport(options: InProcessOptions): Transport {
  return {
    post: options.post ?? (() => Promise.resolve({ status: 404, body: '' })),
    connect(url, headers, events) {
      const socket = new InProcessSocket(events);
      queueMicrotask(() => void open(options, socket, requestFor(url, headers), events));
      return socket.farEnd;
    },
  };
}

async function open(
  { gateway, authorize }: InProcessOptions,
  socket: InProcessSocket,
  request: IncomingMessage,
  events: SocketEvents,
): Promise<void> {
  if (authorize !== undefined && !(await authorize(request))) {
    events.error(new Error('handshake answered with 401'));
    events.close(1006, '');
    return;
  }
  const client = socket as unknown as WebSocket;
  socket.once('close', () => void gateway.handleDisconnect?.(client));
  void gateway.handleConnection(client, request);
  events.open();
}

function requestFor(url: string, headers: Readonly<Record<string, string>>): IncomingMessage {
  const { pathname, search, host } = new URL(url);
  const request = {
    method: 'GET',
    url: pathname + search,
    httpVersion: '1.1',
    headers: { host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', ...headers },
    socket: { remoteAddress: '127.0.0.1' },
  };
  return request as unknown as IncomingMessage;
}
