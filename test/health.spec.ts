import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Module, Logger } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MediaStreamAdapter, SystemClock, TwilioVoiceModule, VOICE, VoiceHealth } from '../src/index.js';
import { networkTransport, ScriptedVoice, SimulatedCall } from '../src/testing/index.js';

class Talker {
  onCallStart = () => 'This is one sentence and it is not a very long one.';
  reply = () => '';
}

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly voice: VoiceHealth,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.voice.check()]);
  }
}

const clock = new SystemClock();

@Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    TwilioVoiceModule.forRoot({
      agent: Talker,
      limits: { maxStreams: 1 },
      conversation: { disclosure: '' },
      drain: { goodbye: 'Goodbye.' },
      providers: [{ provide: VOICE, useValue: new ScriptedVoice(clock) }],
    }),
  ],
  controllers: [HealthController],
})
class BackendModule {}

describe('Readiness by terminus', () => {
  let app: INestApplication;
  let closed: Promise<void> | undefined;
  afterEach(() => closed ?? app.close());

  it('is up, is down while the streams are full, up again, and down while the calls drain', async () => {
    Logger.overrideLogger(false);
    app = (await Test.createTestingModule({ imports: [BackendModule] }).compile()).createNestApplication();
    MediaStreamAdapter.install(app);
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const ready = async () => {
      const response = await fetch(`${url}/ready`);
      const { details } = (await response.json()) as { details: unknown };
      return [response.status, details];
    };
    const until = async (isTrue: () => boolean | Promise<boolean>) => {
      while (!(await isTrue())) await new Promise<void>((resolve) => clock.after(20, resolve));
    };
    /** What is told once it is for that reason; without one: once it is up. */
    const told = async (reason?: string) => {
      await until(async () => JSON.stringify(await ready()).includes(reason ?? '"up"'));
      return ready();
    };
    // The TwiML names the address of the option publicUrl, which is another one here.
    const dial = () => {
      const call = new SimulatedCall({ clock, transport: networkTransport() });
      call.connectStream(`${url.replace('http', 'ws')}/voice/stream`, tokenFor(call));
      return call;
    };
    const { StreamTokens, TOKEN_PARAMETER } = await import('../src/twilio/stream-token.js');
    const tokenFor = (call: SimulatedCall) => ({
      [TOKEN_PARAMETER]: app.get(StreamTokens, { strict: false }).mint(call.callSid),
    });

    expect(await ready()).toEqual([200, { voice: { status: 'up', streams: 0, maxStreams: 1 } }]);
    const first = dial();
    await first.connected;
    const full = { status: 'down', reason: 'full', streams: 1, maxStreams: 1 };
    expect(await told('full')).toEqual([503, { voice: full }]);
    first.hangUp();
    expect(await told()).toEqual([200, { voice: { status: 'up', streams: 0, maxStreams: 1 } }]);
    const second = dial();
    await until(() => second.heardBytes().length > 0); // in the middle of a sentence
    closed = app.close();
    expect(await told('draining')).toEqual([503, { voice: { ...full, reason: 'draining' } }]);
    await closed;
    expect(app.get(VoiceHealth).check('line')).toEqual({
      line: { status: 'down', reason: 'draining', streams: 0, maxStreams: 1 },
    });
  }, 60_000);
});
