import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { networkTransport } from './network-transport.js';
import { ScaledClock } from './scaled-clock.js';
import { readScript, scriptedAudio } from './scripted-chunk.js';
import { SimulatedCall } from './simulated-call.js';

describe('a simulated call over real sockets', () => {
  let http: Server;
  let sockets: WebSocketServer;
  let base: string;
  let handshake: IncomingMessage | undefined;
  const forms: string[] = [];

  const call = () =>
    new SimulatedCall({ clock: new ScaledClock(1), transport: networkTransport(), authToken: 'secret' });

  beforeEach(async () => {
    forms.length = 0;
    http = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        forms.push(`${request.url ?? ''} ${Buffer.concat(parts).toString()}`);
        if (request.url !== '/voice/incoming') return response.writeHead(204).end();
        const stream = `<Stream url="${base.replace('http', 'ws')}/stream" statusCallback="${base}/status"/>`;
        return response
          .writeHead(200, { 'content-type': 'text/xml' })
          .end(`<Response><Connect>${stream}</Connect><Hangup/></Response>`);
      });
    });
    sockets = new WebSocketServer({ server: http, path: '/stream' });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    http.close();
    http.closeAllConnections();
  });

  it('streams, plays, echoes and ends as on the telephone', async () => {
    let frames = 0;
    sockets.on('connection', (socket, request) => {
      handshake = request;
      socket.on('message', (data: Buffer) => {
        const { event, streamSid } = JSON.parse(data.toString()) as { event: string; streamSid: string };
        const send = (message: object) => {
          socket.send(JSON.stringify({ streamSid, ...message }));
        };
        if (event === 'media') frames++;
        if (event === 'mark') socket.close(1000);
        if (event !== 'start') return;
        const payload = Buffer.from(scriptedAudio(1, 0, 150)).toString('base64');
        send({ event: 'media', media: { payload } });
        send({ event: 'mark', mark: { name: 'end' } });
      });
    });
    const phone = call();
    phone.dial(`${base}/voice/incoming`);
    await phone.connected;
    expect(await phone.ended).toBe('hangup');
    const [stretch] = phone.heard;
    expect(stretch!.endMs - stretch!.startMs).toBe(150);
    expect(readScript(phone.heardBytes())).toHaveLength(150);
    expect(frames).toBeGreaterThanOrEqual(4);
    expect(frames).toBeLessThanOrEqual(12);
    expect(handshake?.headers['user-agent']).toBe('Twilio.TmeWs/1.0');
    expect([handshake?.headers.origin, handshake?.headers['sec-websocket-extensions']]).toEqual([
      undefined,
      undefined,
    ]);
    expect(forms[0]).toContain(`CallSid=${phone.callSid}`);
    expect(phone.eventsOf('stream-stopped')).toHaveLength(1);
  });

  it('goes on when the handshake is refused', async () => {
    sockets.options.verifyClient = () => false;
    const phone = call();
    phone.dial(`${base}/voice/incoming`);
    expect(await phone.ended).toBe('hangup');
    expect(phone.eventsOf('stream-error')[0]?.detail).toContain('31920');
  });

  it('ends with an error when nobody listens', async () => {
    const phone = call();
    phone.dial('http://127.0.0.1:9/voice/incoming');
    expect(await phone.ended).toBe('error');
  });
});
