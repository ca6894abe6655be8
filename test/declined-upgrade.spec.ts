import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createTlsServer, request as requestByTls } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { StreamUpgrades } from '../src/twilio/stream-upgrades.js';
import { selfSigned } from './support/certificate.js';
import { EmbeddingHost, type Platform } from './support/embedding-host.js';

/** As the HTTP client of Java offers HTTP/2 to whomever it has not met yet. */
const OFFER = {
  Connection: 'Upgrade, HTTP2-Settings',
  Upgrade: 'h2c',
  'HTTP2-Settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
};
const LONG = JSON.stringify({ note: 'long '.repeat(10_000) });

@Controller('notes')
class NotesController {
  @Get()
  all() {
    return [];
  }

  @Post()
  add(@Body() { note }: { note: string }) {
    return { length: note.length };
  }
}

let host: EmbeddingHost | undefined;
let server: Server | undefined;
const upgrades = new StreamUpgrades();

afterEach(async () => {
  upgrades.release();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await host?.app.close();
  host = undefined;
});

describe('a request that offers HTTP/2', () => {
  it.each(
    (['express', 'fastify'] as const).flatMap((platform) =>
      (['http-server', 'adapter'] as const).map((mode): [Platform, 'http-server' | 'adapter'] => [
        platform,
        mode,
      ]),
    ),
  )('is answered by a host on %s without sockets of its own (upgrades: %s)', async (platform, mode) => {
    const settings = { upgrades: mode };
    const install = mode === 'adapter';
    host = await EmbeddingHost.boot({
      platform,
      settings,
      install,
      host: { controllers: [NotesController] },
    });
    const headers = { ...OFFER, 'Content-Type': 'application/json' };
    const ask = (init: { method: string; body?: string }) => sent(`${host?.url ?? ''}/notes`, headers, init);
    expect(await ask({ method: 'GET' })).toEqual([200, '[]']);
    expect(await ask({ method: 'POST', body: LONG })).toEqual([201, '{"length":50000}']);
    expect(await host.handshake('/voice/stream')).toBe(403);
    expect(await host.handshake('/elsewhere')).toBe(404);
  });

  const serve = async (made: Server) => {
    server = made;
    upgrades.open(server, '/voice/stream');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const told: RequestListener = (asked, answer) => {
    void text(asked).then((body) => answer.end(JSON.stringify([asked.headers, asked.rawHeaders, body])));
  };

  it('comes without the offer, and with all other headers', async () => {
    const port = await serve(createServer(told));
    const headers = { ...OFFER, Connection: 'keep-alive, Upgrade, HTTP2-Settings', 'X-Name': 'Zo\u00eb' };
    const [, answer] = await sent(`http://127.0.0.1:${port}/`, headers, { method: 'POST', body: 'short' });
    expect(JSON.parse(answer)).toEqual([
      {
        host: `127.0.0.1:${port}`,
        connection: 'keep-alive',
        'x-name': 'Zo\u00eb',
        'transfer-encoding': 'chunked',
      },
      expect.arrayContaining(['X-Name']),
      'short',
    ]);
  });

  it('leaves a connection that takes further requests', async () => {
    const port = await serve(createServer(told));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const url = `http://127.0.0.1:${port}/`;
    const headers = { ...OFFER, Connection: 'keep-alive, Upgrade, HTTP2-Settings' };
    const sockets = new Set<Socket>();
    for (const one of [headers, {}, headers]) {
      const asked = request(url, { agent, headers: one });
      asked.once('socket', (socket) => sockets.add(socket));
      expect((await answered(asked))[0]).toBe(200);
    }
    expect(sockets.size).toBe(1);
    agent.destroy();
  });

  it('is answered under TLS too', async () => {
    const port = await serve(createTlsServer(selfSigned('localhost', Date.now()), told));
    const asked = requestByTls(`https://127.0.0.1:${port}/`, { headers: OFFER, rejectUnauthorized: false });
    expect((await answered(asked))[0]).toBe(200);
  });

  it('is left to others who listen for upgrades', async () => {
    const made = createServer(told);
    made.on('upgrade', (_, socket: Socket) => {
      socket.end('HTTP/1.1 418 Theirs\r\n\r\n');
    });
    const port = await serve(made);
    expect((await sent(`http://127.0.0.1:${port}/`, OFFER))[0]).toBe(418);
  });
});

async function answered(asked: ReturnType<typeof request>): Promise<[number, string]> {
  if (!asked.writableEnded) asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return [answer.statusCode ?? 0, await text(answer)];
}

function sent(
  url: string,
  headers: Record<string, string>,
  { method = 'GET', body }: { method?: string; body?: string } = {},
): Promise<[number, string]> {
  const asked = request(url, { method, headers });
  if (body !== undefined) asked.write(body); // in pieces, with no length beforehand
  return answered(asked);
}
