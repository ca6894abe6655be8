import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import { CallRegistry, VoiceMetrics } from '../src/index.js';
import type { MediaStream } from '../src/twilio/media-stream.js';
import { OpenStreams } from '../src/twilio/open-streams.js';
import { CountingTransport } from './support/counting-transport.js';
import { EmbeddingHost, type EmbeddingOptions, talker, until } from './support/embedding-host.js';
import { SkipThrottle } from './support/throttler.js';
import { DECORATORS, Envelope, HOSTILE, HOSTILE_HOST, orders, Public } from './support/hostile-host.js';

const CALLS = 20;

let host: EmbeddingHost | undefined;

afterEach(async () => {
  await host?.app.close();
  host = undefined;
});

/** What the module itself sees of its streams. */
function streamsOf({ app }: EmbeddingHost) {
  const open = app.get(OpenStreams);
  const seen = { received: 0, sent: 0, streams: [] as MediaStream[] };
  const original = open.open.bind(open);
  open.open = (socket, address) => {
    socket.on('message', () => seen.received++);
    const send = socket.send.bind(socket);
    socket.send = (text) => {
      seen.sent++;
      send(text);
    };
    const stream = original(socket, address);
    seen.streams.push(stream);
    return stream;
  };
  return seen;
}

describe('a hostile host', () => {
  it.each<EmbeddingOptions>([
    { platform: 'express', sockets: 'socket.io', install: true },
    { platform: 'express', sockets: 'ws', settings: { upgrades: 'http-server' } },
    { platform: 'express', sockets: 'none', install: true },
    { platform: 'fastify', sockets: 'implicit', settings: { upgrades: 'http-server' } },
    { platform: 'fastify', sockets: 'ws', install: true },
    { platform: 'fastify', sockets: 'none', settings: { upgrades: 'http-server' } },
  ])(
    'loses no frame of twenty calls at once, and answers none with an error ($platform, $sockets)',
    async (cell) => {
      const agent = talker();
      const settings = { ...cell.settings, decorators: DECORATORS };
      host = await EmbeddingHost.boot({ ...HOSTILE_HOST, ...cell, settings, agent });
      const { app } = host;
      const seen = streamsOf(host);
      const network = new CountingTransport();
      const line = { transport: network.transport, statusUrl: `${host.publicUrl}/voice/status` };
      const calls = Array.from({ length: CALLS }, () => host!.call(line));
      await until('the greetings', () => calls.every((call) => call.heardBytes().length > 8_000));
      for (const call of calls) {
        call.dtmf('42');
        call.speak(600);
      }
      await until('the barge-ins', () => calls.every((call) => call.clears.length > 0));
      const heard = calls.map((call) => call.heardBytes().length);
      await until('the answers', () =>
        calls.every((call, index) => call.heardBytes().length > (heard[index] ?? 0) + 8_000),
      );
      for (const call of calls) call.hangUp();
      // Each call's webhook, its status, and that its stream has started and stopped.
      await until('the ends', () => network.answers.length >= 4 * CALLS && app.get(CallRegistry).size === 0);
      await Promise.all(seen.streams.map(({ closed }) => closed));

      expect([seen.streams.length, seen.received, seen.sent]).toEqual([
        CALLS,
        network.sent,
        network.received,
      ]);
      expect(network.sent).toBeGreaterThan(CALLS * 100);
      const faults = seen.streams.flatMap(({ counters }) => Object.values(counters));
      expect(faults.filter((count) => count > 0)).toEqual([]);
      for (const call of calls) {
        expect([call.violations, call.eventsOf('error')]).toEqual([[], []]);
      }
      expect(agent.digits).toHaveLength(2 * CALLS);
      expect(new Set(agent.turns.map(({ call }) => call.callSid)).size).toBe(CALLS);
      const { interruptions, errors } = app.get(VoiceMetrics).snapshot();
      expect(interruptions).toBeGreaterThanOrEqual(CALLS);
      expect(errors).toEqual({});
      const isTwiml = ({ webhook }: { webhook: string }) => !webhook.includes('status');
      expect(network.answers.filter(isTwiml)).toEqual(
        Array.from({ length: CALLS }, () => ({
          webhook: 'incoming',
          status: 200,
          contentType: expect.stringMatching(/^text\/xml\b/),
          body: expect.stringMatching(/^<\?xml [^{]*<Connect/),
        })),
      );
      const callbacks = network.answers.filter((answer) => !isTwiml(answer));
      expect(new Set(callbacks.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['204 ']));
      expect(callbacks).toHaveLength(3 * CALLS);
      expect(app.get(Envelope).seen).toHaveLength(network.answers.length); // it has seen them all, and no frame

      expect(await host.chat(cell.sockets ?? 'none')).toBe('hello');
      expect(await orders(host, 1, false)).toEqual([401]);
      expect(await orders(host, 10, true)).toEqual([...Array<number>(9).fill(200), 429]);
    },
    150_000,
  );

  it.each<[string, ClassDecorator[], number[]]>([
    ['no decorators', [], [401, 429]],
    ['the throttler’s alone', [SkipThrottle()], [401, 401]],
    ['that of the JWT guard alone', [Public()], [200, 429]],
    ['both', [...DECORATORS], [200, 200]],
  ])('answers calls 1 and 11 as its guards want it, with %s', async (_, decorators, expected) => {
    const settings = { upgrades: 'http-server', decorators } as const;
    host = await EmbeddingHost.boot({ ...HOSTILE_HOST, settings });
    const network = new CountingTransport();
    const answers = () => network.answers.filter(({ webhook }) => webhook === 'incoming');
    for (let index = 0; index < 11; index++) {
      const call = host.call({ transport: network.transport });
      await until('an answer', () => answers().length > index);
      call.hangUp();
    }
    expect([answers()[0], answers()[10]].map((answer) => answer?.status)).toEqual(expected);
  });

  it.each(['express', 'fastify'] as const)(
    'formats the errors of our webhooks as its own (%s)',
    async (platform) => {
      const settings = { upgrades: 'http-server', decorators: DECORATORS } as const;
      host = await EmbeddingHost.boot({ ...HOSTILE_HOST, platform, settings });
      const answer = await fetch(`${host.publicUrl}/voice/incoming`, { method: 'POST' });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
      expect(await answer.json()).toEqual({ error: expect.stringContaining('Forbidden') });
    },
  );

  const core = new URL('../node_modules/@nestjs/core/package.json', import.meta.url);
  const major = parseInt((JSON.parse(readFileSync(core, 'utf8')) as { version: string }).version, 10);

  // From Nest 12 on global guards see the messages of gateways.
  (major < 12 ? it.skip : it)('would lose frames of a gateway that subscribes to messages', async () => {
    const handled: unknown[] = [];
    @Public()
    @WebSocketGateway({ path: '/naive' })
    class NaiveGateway {
      @SubscribeMessage('media')
      media(data: unknown): void {
        handled.push(data);
      }
    }
    const settings = { upgrades: 'http-server', decorators: DECORATORS } as const;
    const naive = { ...HOSTILE, providers: [...(HOSTILE.providers ?? []), NaiveGateway] };
    host = await EmbeddingHost.boot({ ...HOSTILE_HOST, sockets: 'ws', settings, host: naive });
    const socket = new WebSocket(`${host.url.replace('http', 'ws')}/naive`);
    const errors: string[] = [];
    socket.on('message', (data: Buffer) => errors.push(data.toString()));
    await until('the socket', () => socket.readyState === WebSocket.OPEN);
    for (let index = 0; index < 50; index++) socket.send(JSON.stringify({ event: 'media', data: index }));
    await until('50 answers', () => handled.length + errors.length >= 50, 5_000).catch(() => undefined);
    socket.terminate();
    process.stdout.write(
      `@SubscribeMessage: ${handled.length} of 50 frames handled, ${errors.length} answered\n`,
    );
    expect(handled.length).toBeLessThan(50);
  });
});
