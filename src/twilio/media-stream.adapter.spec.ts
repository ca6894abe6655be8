import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type INestApplication, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CLOCK } from '../call/clock.js';
import { STREAM_ACCEPTOR } from '../call/stream.js';
import { SystemClock } from '../call/system-clock.js';
import { ALONE_PROVIDERS } from '../sharing/alone.providers.js';
import { resolveOptions, TWILIO_VOICE_OPTIONS } from '../twilio-voice.options.js';
import { MediaStreamAdapter } from './media-stream.adapter.js';
import { twilioControllers, twilioProviders } from './twilio.providers.js';

@Module({
  controllers: twilioControllers('voice'),
  providers: [
    { provide: TWILIO_VOICE_OPTIONS, useValue: resolveOptions() },
    { provide: CLOCK, useClass: SystemClock },
    { provide: STREAM_ACCEPTOR, useValue: {} },
    ...ALONE_PROVIDERS,
    ...twilioProviders(),
  ],
})
class HostModule {}

describe('A host', () => {
  let app: INestApplication;

  beforeEach(async () => {
    Logger.overrideLogger(false);
    app = (await Test.createTestingModule({ imports: [HostModule] }).compile()).createNestApplication();
  });

  afterEach(async () => {
    await app.close();
  });

  const upgradeElsewhere = () => {
    const written: string[] = [];
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        written.push(chunk.toString());
        done();
      },
    });
    const request = { url: '/elsewhere', headers: { upgrade: 'websocket' } };
    (app.getHttpServer() as Server).emit('upgrade', request, socket, Buffer.alloc(0));
    return { socket, written };
  };

  it('lets go of a socket whose upgrade it has answered with 404', async () => {
    MediaStreamAdapter.install(app);
    await app.init();
    const { socket, written } = upgradeElsewhere();
    await once(socket, 'close');
    expect(written.join('')).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('survives the reset of a socket at an unknown path', async () => {
    MediaStreamAdapter.install(app);
    await app.init();
    const { socket } = upgradeElsewhere();
    expect(socket.listenerCount('error')).toBeGreaterThan(0);
    socket.destroy(new Error('read ECONNRESET'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('without any adapter is told at boot what to do, and the process goes on', async () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    await expect(app.init()).rejects.toThrow(/MediaStreamAdapter\.install\(app\)/);
    expect(exit).not.toHaveBeenCalled();
    exit.mockRestore();
  });

  it.each(['incoming', 'status', 'stream-status', 'continue'])(
    'answers 400 to %s without a body',
    async (name) => {
      MediaStreamAdapter.install(app);
      await app.listen(0, '127.0.0.1');
      const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
      const { status } = await fetch(`http://127.0.0.1:${port}/voice/${name}`, { method: 'POST' });
      expect(status).toBe(400);
    },
  );
});
