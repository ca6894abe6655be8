import { describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CallRegistry,
  TWILIO_VOICE_OPTIONS,
  TtsService,
  TwilioVoiceModule,
  VOICE,
  type TwilioVoiceModuleAsyncOptions,
  type TwilioVoiceOptionsFactory,
  type VoiceAgent,
} from '../src/index.js';
import {
  moduleTransport,
  ScriptedAgent,
  ScriptedVoice,
  SimulatedCall,
  VirtualClock,
} from '../src/testing/index.js';
import { Host } from './support/host.js';

Logger.overrideLogger(false);

@Injectable()
class Greetings {
  readonly text = 'good morning';
}

@Injectable()
class Settings implements TwilioVoiceOptionsFactory {
  constructor(private readonly greetings: Greetings) {}
  createTwilioVoiceOptions = () => ({ playout: { leadMs: this.greetings.text.length + 188 } });
}

@Module({ providers: [Greetings, Settings], exports: [Greetings, Settings] })
class GreetingsModule {}

@Injectable()
class Agent implements VoiceAgent {
  constructor(private readonly greetings: Greetings) {}
  onCallStart = () => this.greetings.text;
  reply = () => '';
}

const voice = { provide: VOICE, useFactory: () => new ScriptedVoice(new VirtualClock()) };
const common = { agent: Agent, imports: [GreetingsModule], providers: [voice] };
const compile = (imports: Parameters<typeof Test.createTestingModule>[0]['imports']) =>
  Test.createTestingModule({ imports: imports ?? [] }).compile();

describe('the module', () => {
  it.each([
    ['forRoot', () => TwilioVoiceModule.forRoot({ ...common, playout: { leadMs: 200 } })],
    [
      'forRootAsync',
      () =>
        TwilioVoiceModule.forRootAsync({
          ...common,
          inject: [Greetings],
          useFactory: async (greetings: Greetings) => {
            await Promise.resolve();
            return { playout: { leadMs: greetings.text.length + 188 } };
          },
        }),
    ],
    ['forRootAsync, useClass', () => TwilioVoiceModule.forRootAsync({ ...common, useClass: Settings })],
    ['forRootAsync, useExisting', () => TwilioVoiceModule.forRootAsync({ ...common, useExisting: Settings })],
  ])('is set up by %s, with the host’s own providers in agent and factory', async (_, module) => {
    const host = await compile([module()]);
    expect(host.get(TWILIO_VOICE_OPTIONS)).toMatchObject({ playout: { leadMs: 200, markSpacingMs: 80 } });
    expect(host.get(Agent, { strict: false }).onCallStart()).toBe('good morning');
    expect(host.get(CallRegistry).size).toBe(0);
    expect(host.get(TtsService)).toBeInstanceOf(TtsService);
    await host.close();
  });

  it('mounts its routes and its stream under another path', async () => {
    const clock = new VirtualClock();
    const host = await compile([TwilioVoiceModule.forRoot({ ...common, basePath: 'phone/line' })]);
    const call = new SimulatedCall({ clock, transport: moduleTransport(host) });
    call.dial('http://127.0.0.1:3000/phone/line/incoming');
    await clock.advance(100);
    const twiml = call.eventsOf('twiml')[0]!.detail;
    expect(twiml).toContain('url="ws://127.0.0.1:3000/phone/line/stream"');
    expect(twiml).toContain('http://127.0.0.1:3000/phone/line/continue');
    call.hangUp();
  });

  it('has providers and controllers of the host in it, and gives its services to everybody if global', async () => {
    @Injectable()
    class Wallboard {
      constructor(readonly calls: CallRegistry) {}
    }
    @Controller('wallboard')
    class WallboardController {
      constructor(readonly board: Wallboard) {}
    }
    @Injectable()
    class Elsewhere {
      constructor(readonly calls: CallRegistry) {}
    }
    @Module({ providers: [Elsewhere] })
    class ElsewhereModule {}
    const more = { providers: [voice, Wallboard], controllers: [WallboardController], isGlobal: true };
    const host = await compile([TwilioVoiceModule.forRoot({ ...common, ...more }), ElsewhereModule]);
    const calls = host.get(CallRegistry);
    expect(host.get(WallboardController).board.calls).toBe(calls);
    expect(host.get(Elsewhere, { strict: false }).calls).toBe(calls);
    await host.close();
  });

  it('imported twice stops the boot: one would answer the other’s calls', async () => {
    const twice = compile([TwilioVoiceModule.forRoot(common), TwilioVoiceModule.forRoot(common)]);
    await expect(twice).rejects.toThrow(/imported twice: call forRoot or forRootAsync once/);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'what is no agent',
      () => TwilioVoiceModule.forRoot({ agent: 'Agent' } as never),
      /agent must be the class/,
    ],
    [
      'an agent without conditions',
      () => TwilioVoiceModule.forRoot({ agents: [Agent] }),
      /agents: Agent must/,
    ],
    ['a wrong option', () => TwilioVoiceModule.forRoot({ ...common, leadMs: 3 } as never), /leadMs/],
    [
      'a missing factory',
      () => TwilioVoiceModule.forRootAsync(common),
      /useFactory is missing in forRootAsync; or give useClass or useExisting/,
    ],
    [
      'two factories',
      () => TwilioVoiceModule.forRootAsync({ ...common, useFactory: () => ({}), useClass: Settings }),
      /useFactory and useClass are both in forRootAsync/,
    ],
    [
      'a factory that is none',
      () => TwilioVoiceModule.forRootAsync({ ...common, useFactory: {} as never }),
      /useFactory in forRootAsync must be a function/,
    ],
    [
      'injection into a class',
      () => TwilioVoiceModule.forRootAsync({ ...common, inject: [Greetings], useClass: Settings }),
      /inject in forRootAsync is for useFactory/,
    ],
    [
      'an unknown way to take streams',
      () => TwilioVoiceModule.forRoot({ ...common, upgrades: 'http' as never }),
      /upgrades: must be 'adapter' or 'http-server', and not http/,
    ],
    [
      'decorators that are none',
      () => TwilioVoiceModule.forRoot({ ...common, decorators: ['Public' as never] }),
      /decorators: must be class decorators/,
    ],
    [
      'a setting beside the factory',
      () => TwilioVoiceModule.forRootAsync({ ...common, publicUrl: '', useFactory: () => ({}) } as never),
      /publicUrl; settings belong into useFactory/,
    ],
  ])('names %s', (_, module, message) => {
    expect(module).toThrow(message);
  });

  it.each<[string, NonNullable<TwilioVoiceModuleAsyncOptions['useFactory']>, RegExp]>([
    ['returns nothing', () => undefined as never, /must return the settings/],
    ['returns a path', () => ({ basePath: 'phone' }) as never, /basePath belongs beside useFactory/],
    ['returns a wrong option', () => ({ publicUrl: 'https://a.example' }), /authToken: is required/],
    ['fails', () => Promise.reject(new Error('no settings')), /no settings/],
  ])('does not boot when the factory %s', async (_, useFactory, message) => {
    await expect(compile([TwilioVoiceModule.forRootAsync({ ...common, useFactory })])).rejects.toThrow(
      message,
    );
  });

  it('does not boot when the class of its settings makes none', async () => {
    const useClass = Greetings as never;
    await expect(compile([TwilioVoiceModule.forRootAsync({ ...common, useClass })])).rejects.toThrow(
      /must have createTwilioVoiceOptions\(\)/,
    );
  });
});

describe('a call that fails', () => {
  it('is closed with one word, not with two', async () => {
    const host = await Host.boot({ agent: (clock) => new ScriptedAgent(clock, [{ fails: 'throws' }]) });
    const call = host.dial();
    for (let turn = 0; turn < 2; turn++) {
      await host.clock.advance(6_000);
      call.speak(600);
    }
    await host.clock.advance(15_000);
    expect(host.voice.utterances.at(-1)?.text).toMatch(/technical problem/);
    expect(host.voice.utterances.at(-1)?.state).toBe('complete');
    expect(call.spoken).toEqual([]);
    expect(call.endedBy).toBe('hangup');
  });

  it('with a dead voice is closed by the telephone company', async () => {
    const host = await Host.boot({
      agent: (clock) => new ScriptedAgent(clock, ['words']),
      voice: (clock) => new ScriptedVoice(clock, { failAfterMs: 0 }),
    });
    const call = host.dial();
    await host.clock.advance(3_000);
    call.speak(600);
    await host.clock.advance(15_000);
    expect(call.spoken).toEqual([expect.stringMatching(/technical problem/)]);
    expect(call.endedBy).toBe('hangup');
  });
});
