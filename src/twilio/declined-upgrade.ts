import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** What asks for an upgrade, or goes with one to HTTP/2. */
const OFFERS = ['upgrade', 'http2-settings'];

/** Whether a request wants another protocol than WebSocket, as clients of HTTP/2 do that would take HTTP/1.1 as well. */
export const isOffer = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() !== 'websocket';

/**
 * Has the server read a request once more, without its offer: Node takes none from a server that listens for upgrades,
 * and answers it as any other from one that does not.
 */
export function declineUpgrade(http: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method = 'GET', url = '/', httpVersion } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`, ...headersWithoutOffer(request)];
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  http.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
}

function headersWithoutOffer({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.flatMap((name, index) => {
    const lower = name.toLowerCase();
    if (index % 2 === 1 || OFFERS.includes(lower)) return [];
    const value = rawHeaders[index + 1] ?? '';
    const kept = lower === 'connection' ? withoutOffer(value) : value;
    return lower === 'connection' && kept === '' ? [] : [`${name}: ${kept}`];
  });
}

const withoutOffer = (connection: string): string =>
  connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !OFFERS.includes(option.toLowerCase()))
    .join(', ');
