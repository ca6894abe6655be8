import { WebSocket, type RawData } from 'ws';
import type { HttpAnswer, SocketEvents, Transport, TransportSocket } from './transport.js';

/** Twilio's own limit for a webhook, ms. */
const WEBHOOK_TIMEOUT_MS = 15_000;

/** Reaches a running server over real sockets; needs a real-time clock. */
export function networkTransport(): Transport {
  return { post, connect };
}

async function post(
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
    signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
  });
  const contentType = answer.headers.get('content-type') ?? undefined;
  return { status: answer.status, contentType, body: await answer.text() };
}

function connect(
  url: string,
  headers: Readonly<Record<string, string>>,
  events: SocketEvents,
): TransportSocket {
  const socket = new WebSocket(url, { perMessageDeflate: false, headers });
  socket.on('open', () => {
    events.open();
  });
  socket.on('message', (data: RawData, isBinary: boolean) => {
    events.message(asBuffer(data), isBinary);
  });
  socket.on('close', (code, reason) => {
    events.close(code, reason.toString());
  });
  socket.on('error', (error) => {
    events.error(error);
  });
  return {
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close: (code, reason) => {
      socket.close(code, reason);
    },
    terminate: () => {
      socket.terminate();
    },
  };
}

function asBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}
