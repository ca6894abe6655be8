import { once } from 'node:events';

/**
 * Listens on loopback.
 * @param {typeof import('ws').WebSocketServer} WebSocketServer the ws of whoever is being measured
 */
export async function listen(WebSocketServer, onSocket) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', onSocket);
  await once(server, 'listening');
  return `ws://127.0.0.1:${server.address().port}/`;
}
