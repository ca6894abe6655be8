import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CALL_ADMISSION,
  CLOCK,
  type Clock,
  TRANSCRIBER,
  TWILIO_CLIENT,
  TwilioCallsService,
  TwilioVoiceModule,
  type Turn,
  VOICE,
  type VoiceAgent,
  type VoiceCall,
} from '../index.js';
import { TwilioRest } from '../twilio/twilio-client.js';
import type { CallUnderTest } from './simulate-call.js';
import { provideTwilioVoiceTesting, simulateCall, ScriptedVoice, VirtualClock } from './index.js';

@Injectable()
class Greetings {
  of(from: string): string {
    return `Hello, ${from}.`;
  }
}

@Module({ providers: [Greetings], exports: [Greetings] })
class GreetingsModule {}

@Injectable()
class Echo implements VoiceAgent {
  readonly ended: VoiceCall[] = [];

  constructor(
    private readonly greetings: Greetings,
    @Inject(CLOCK) readonly clock: Clock,
  ) {}

  onCallStart = (call: VoiceCall) => this.greetings.of(call.parameters.from ?? 'stranger');

  reply({ transcript }: Turn): string {
    return `You said: ${transcript}.`;
  }

  onCallEnd(call: VoiceCall): void {
    this.ended.push(call);
  }
}

const greetings = { provide: Greetings, useValue: { of: () => 'Hello, tester.' } };
const open: CallUnderTest[] = [];
afterEach(async () => {
  for (const simulated of open.splice(0)) await simulated.close();
});
const kept = <C extends CallUnderTest>(simulated: C): C => {
  open.push(simulated);
  return simulated;
};

describe('a simulated call to an agent', () => {
  it('is connected at once, with the whole module and the mocks it was given, and without disclosure', async () => {
    const simulated = kept(await simulateCall(Echo, { providers: [greetings], from: '+15005550009' }));
    const { clock, call, voiceCall, voice, module } = simulated;
    expect(clock.now()).toBe(0);
    expect(voiceCall.callSid).toBe(call.callSid);
    expect(voiceCall.parameters['from']).toBe('+15005550009');
    await clock.advance(3_000);
    expect(call.heardWords()).toBe('Hello, tester.');
    expect(voice.utterances).toHaveLength(1);
    expect(module.get(Echo).clock).toBe(clock);
    expect(call.violations).toEqual([]);
  });

  it('takes the providers of modules, and says what discloses the machine where it is asked to', async () => {
    const { clock, call } = kept(
      await simulateCall(Echo, {
        imports: [GreetingsModule],
        settings: { conversation: { disclosure: 'I am a machine.' } },
        from: '+15005550009',
      }),
    );
    await clock.advance(4_000);
    expect(call.heardWords()).toBe('I am a machine. Hello, +15005550009.');
  });

  it('has the words the caller says, in order, and tells what happened', async () => {
    const { clock, call, events, voiceCall } = kept(
      await simulateCall(Echo, { providers: [greetings], callerSays: ['One two', 'Three four'] }),
    );
    for (let turn = 0; turn < 2; turn++) {
      await clock.advance(3_000);
      call.speak(800);
    }
    await clock.advance(4_000);
    expect(call.heardWords()).toBe('Hello, tester. You said: One two. You said: Three four.');
    expect(voiceCall.history.map(({ text }) => text)).toEqual([
      'Hello, tester.',
      'One two',
      'You said: One two.',
      'Three four',
      'You said: Three four.',
    ]);
    expect(events.filter(({ type }) => type === 'turn')).toHaveLength(2);
  });

  it('speaks as it is told to, over the network it is given', async () => {
    const network = { down: { delayMs: 40 }, up: { delayMs: 40 } };
    const { clock, call, voice } = kept(
      await simulateCall(Echo, { providers: [greetings], voice: { msPerWord: 1_000 }, network }),
    );
    await clock.advance(1_000);
    expect(voice.utterances[0]?.emittedMs).toBe(2_000);
    expect(call.heardWords()).toBe('Hello,');
    await clock.advance(1_500);
    expect(call.heardWords()).toBe('Hello, tester.');
  });

  it('ends with the block that uses it: the caller hangs up, and the agent is told', async () => {
    const onModuleDestroy = jest.fn();
    const closing = { provide: 'a part of the host', useValue: { onModuleDestroy } };
    const used = await simulateCall(Echo, {
      providers: [greetings, closing],
      network: { up: { delayMs: 500 } },
    });
    const agent = used.module.get(Echo);
    {
      await using simulated = used;
      await simulated.clock.advance(3_000); // nothing is being said any more
      expect(agent.ended).toEqual([]);
    }
    expect(agent.ended).toEqual([used.voiceCall]);
    expect(used.events.at(-1)).toMatchObject({ type: 'ended', reason: 'stop' });
    await used.close();
    expect(onModuleDestroy).toHaveBeenCalledTimes(1);
  });

  it('says why when it is not connected, and leaves nothing open', async () => {
    let destroyed = 0;
    const admission = {
      provide: CALL_ADMISSION,
      useValue: {
        admit: () => false,
        onModuleDestroy: () => {
          destroyed++;
        },
      },
    };
    await expect(simulateCall(Echo, { providers: [greetings, admission] })).rejects.toThrow(
      /^simulateCall: the call was not connected to the agent: incoming .*Reject/s,
    );
    expect(destroyed).toBe(1);
  });

  it('fails with what is wrong at boot', async () => {
    const muted = jest.spyOn(process.stderr, 'write').mockReturnValue(true); // Nest prints it, too
    await expect(simulateCall(Echo)).rejects.toThrow(/can't resolve dependencies of the Echo/);
    muted.mockRestore();
    await expect(simulateCall(Echo, { settings: { publicUrl: 'http://example.com' } })).rejects.toThrow(
      /publicUrl/,
    );
  });

  const welcome = { provide: Greetings, useValue: { of: () => 'Welcome to our shop for books and lamps.' } };
  it.each([300, 500])('hears a caller who speaks %i ms into the first words', async (atMs) => {
    const { clock, call } = kept(await simulateCall(Echo, { providers: [welcome] }));
    await clock.advanceUntil(() => call.heardBytes().length > 8 * atMs, 5_000);
    const { startMs } = call.speak(600);
    await clock.advance(4_000);
    expect(call.silentFrom(startMs, 300) - startMs).toBeLessThan(300);
    expect(call.heardWords()).toContain('You said');
  });
});

describe('a simulated call to an application', () => {
  const connected = jest.fn((): never => {
    throw new Error('a vendor was connected');
  });
  const vendor = { name: 'vendor', synthesize: connected, transcribe: connected };
  afterEach(() => {
    expect(connected).not.toHaveBeenCalled();
  });
  const applicationOf = (...providers: { provide: symbol; useValue: unknown }[]) => {
    @Module({
      imports: [
        TwilioVoiceModule.forRootAsync({
          agent: Echo,
          basePath: 'phone/line',
          imports: [GreetingsModule],
          providers: [{ provide: VOICE, useValue: vendor }, ...providers],
          useFactory: () => ({
            publicUrl: 'https://phone.example.org',
            authToken: 'fedcba9876543210',
            conversation: { disclosure: 'I am a machine.' },
          }),
        }),
      ],
    })
    class AppModule {}
    return Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Greetings)
      .useValue(greetings.useValue);
  };

  it('goes by its own address, token and settings; clock, voice and transcriber are replaced', async () => {
    const application = applicationOf({ provide: TRANSCRIBER, useValue: vendor });
    const { clock, call, module } = kept(await simulateCall(application, { callerSays: ['One two'] }));
    await clock.advance(4_000);
    call.speak(800);
    await clock.advance(4_000);
    expect(call.heardWords()).toBe('I am a machine. Hello, tester. You said: One two.');
    expect(module.get(CLOCK, { strict: false })).toBe(clock);
    expect(call.events[0]?.detail).toBe('https://phone.example.org/phone/line/incoming');
  });

  it('connects to no vendor for words that the test does not give', async () => {
    const application = applicationOf({ provide: TRANSCRIBER, useValue: vendor });
    const { clock, call } = kept(await simulateCall(application));
    await clock.advance(4_000);
    call.speak(800);
    await clock.advance(4_000);
    expect(call.heardWords()).toBe('I am a machine. Hello, tester. You said: .');
  });

  it('without a transcriber cannot have the caller say words, and says so', async () => {
    await expect(simulateCall(applicationOf(), { callerSays: ['One'] })).rejects.toThrow(
      /callerSays needs a TRANSCRIBER .*add one to the providers of TwilioVoiceModule.*, or .*simulateCall\(YourAgent/,
    );
    const { clock, call } = kept(await simulateCall(applicationOf()));
    await clock.advance(4_000);
    expect(call.heardWords()).toBe('I am a machine. Hello, tester.');
  });

  it('without the TwilioVoiceModule fails, and says so', async () => {
    await expect(simulateCall(Test.createTestingModule({}))).rejects.toThrow(/TwilioStreamGateway/);
  });
});

describe('Twilio’s REST API in a simulated call', () => {
  @Injectable()
  class Connector implements VoiceAgent {
    reply = () => '';
  }
  const settings = {
    accountSid: `AC${'a1'.repeat(16)}`,
    transfers: { sales: { to: '+4930123456' } },
    outbound: { allowedPrefixes: ['+49'], from: '+4930654321' },
  };

  it('is none without an account', async () => {
    const { clock, call, voiceCall, module } = kept(await simulateCall(Connector));
    expect(await module.get(TwilioRest).client()).toBeUndefined();
    await Promise.all([voiceCall.hangUp(), clock.advance(2_000)]);
    expect(call.endedBy).toBe('hangup');
  });

  it('transfers and hangs up the simulated call, and nothing leaves this machine', async () => {
    const transferred = kept(await simulateCall(Connector, { settings }));
    await Promise.all([transferred.voiceCall.transfer('sales'), transferred.clock.advance(2_000)]);
    expect([transferred.call.endedBy, transferred.events.at(-1)]).toMatchObject([
      'dial',
      { reason: 'transferred' },
    ]);
    const hungUp = kept(await simulateCall(Connector, { settings }));
    await Promise.all([hungUp.voiceCall.hangUp(), hungUp.clock.advance(2_000)]);
    expect(hungUp.call.endedBy).toBe('api');
    await expect(hungUp.module.get(TwilioCallsService).hangUp(hungUp.call.callSid)).resolves.toBeUndefined();
  });

  it('places no call', async () => {
    const { module } = kept(await simulateCall(Connector, { settings }));
    await expect(module.get(TwilioCallsService).place({ to: '+4930123456' })).rejects.toThrow(
      'To place a call',
    );
  });

  it('is the test’s own where it has one', async () => {
    const update = jest.fn<(change: object) => Promise<void>>().mockResolvedValue();
    const client = { provide: TWILIO_CLIENT, useValue: { calls: () => ({ update }) } };
    const { clock, voiceCall } = kept(await simulateCall(Connector, { settings, providers: [client] }));
    await Promise.all([voiceCall.hangUp(), clock.advance(2_000)]);
    expect(update).toHaveBeenCalledWith({ status: 'completed' });
  });

  it('of an application is replaced as well', async () => {
    const application = Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: Connector,
          publicUrl: 'https://phone.example.org',
          authToken: 'fedcba9876543210',
          ...settings,
          providers: [{ provide: VOICE, useValue: {} }],
        }),
      ],
    });
    const { clock, call, voiceCall } = kept(await simulateCall(application));
    await clock.advance(5_000);
    await Promise.all([voiceCall.transfer('sales'), clock.advance(2_000)]);
    expect(call.endedBy).toBe('dial');
  });
});

describe('provideTwilioVoiceTesting', () => {
  it('gives an agent of a unit test a clock that stands still', async () => {
    const module = await Test.createTestingModule({
      providers: [Echo, greetings, ...provideTwilioVoiceTesting()],
    }).compile();
    expect(module.get(Echo).clock).toBeInstanceOf(VirtualClock);
    expect(module.get(VOICE)).toBeInstanceOf(ScriptedVoice);
  });

  it('takes a clock and a voice of the test’s own, and has no transcriber unless the caller says something', () => {
    const clock = new VirtualClock();
    const voice = new ScriptedVoice(clock);
    expect(provideTwilioVoiceTesting({ clock, voice })).toEqual([
      { provide: CLOCK, useValue: clock },
      { provide: VOICE, useValue: voice },
    ]);
    const tokens = provideTwilioVoiceTesting({ callerSays: ['Hello'] }).map(({ provide }) => provide);
    expect(tokens).toEqual([CLOCK, VOICE, TRANSCRIBER]);
  });
});
