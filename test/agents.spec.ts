import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Logger, Module, type ModuleMetadata, Scope } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import {
  CALL_ADMISSION,
  CALL_RECORDS,
  type CallRecord,
  CallRegistry,
  OnCallEvent,
  TWILIO_CLIENT,
  TwilioCallsService,
  TwilioVoiceModule,
  type TwilioVoiceModuleOptions,
  VOICE_AGENT,
  VoiceAgent,
  type VoiceCall,
} from '../src/index.js';
import {
  type CallUnderTest,
  provideTwilioVoiceTesting,
  simulateCall,
  type SimulateCallOptions,
  SimulatedCall,
} from '../src/testing/index.js';
import { moduleTransport, VirtualClock } from '../src/testing/index.js';

const SALES = '+4930111111';
const SUPPORT = '+4930222222';
const OTHER = '+4930999999';

/** Says who it is, and writes down what it is told. */
abstract class Naming implements VoiceAgent {
  readonly told: string[] = [];
  onCallStart = () => `This is ${this.constructor.name}.`;
  reply = () => `${this.constructor.name} again.`;
  onDigit(digit: string): void {
    this.told.push(digit);
  }
  onCallEnd({ callSid }: VoiceCall): void {
    this.told.push(callSid);
  }
}

@VoiceAgent()
class Reception extends Naming {}

@VoiceAgent({ number: SALES })
class Sales extends Naming {}

@Injectable()
class Hours {
  open = true;
}

@VoiceAgent({ number: SUPPORT, when: (_, agent: Support) => agent.hours.open })
class Support extends Naming {
  constructor(@Inject(Hours) readonly hours: Hours) {
    super();
  }
}

@VoiceAgent({ parameter: { campaign: 'renewal' } })
class Renewal extends Naming {}

class Plain extends Naming {}

const EVERYBODY: ModuleMetadata = { providers: [Hours, Reception, Sales, Support, Renewal] };

function application(
  metadata: ModuleMetadata,
  options: Partial<TwilioVoiceModuleOptions> = {},
): TestingModuleBuilder {
  @Module(metadata)
  class Desks {}
  const { providers = [], conversation, ...settings } = options;
  const testing = provideTwilioVoiceTesting();
  const voice = TwilioVoiceModule.forRoot({
    publicUrl: 'https://voice.example.com',
    authToken: '0123456789abcdef',
    drain: { graceMs: 0 },
    ...settings,
    conversation: { disclosure: '', ...conversation },
    providers: [...testing, ...providers],
  });
  return Test.createTestingModule({ imports: [voice, Desks] });
}

/** Why it does not boot. */
async function refusal(...parts: Parameters<typeof application>): Promise<string> {
  Logger.overrideLogger(false);
  const module = await application(...parts).compile();
  try {
    await module.init();
  } catch (error) {
    return (error as Error).message;
  } finally {
    await module.close();
  }
  return '';
}

describe('several agents in an application', () => {
  let current: CallUnderTest | undefined;
  afterEach(async () => {
    await current?.close();
    current = undefined;
  });

  async function called(options: SimulateCallOptions, app = application(EVERYBODY)): Promise<CallUnderTest> {
    current = await simulateCall(app, options);
    await current.clock.advance(3_000);
    return current;
  }
  const heard = () => current?.call.heardWords();

  it.each<[string, SimulateCallOptions, string]>([
    ['the number that was called', { to: SALES }, 'Sales'],
    ['another number', { to: OTHER }, 'Reception'],
    ['the number it was called from', { from: SALES, to: OTHER }, 'Reception'],
    ['a function of the call and the agent', { to: SUPPORT }, 'Support'],
    ['the number the host calls from', { direction: 'outbound-api', from: SALES, to: '+4940' }, 'Sales'],
    ['the number the host calls', { direction: 'outbound-api', from: OTHER, to: SALES }, 'Reception'],
    [
      'the parameters the host gives, before the number',
      { direction: 'outbound-api', from: SALES, parameters: { campaign: 'renewal' } },
      'Renewal',
    ],
  ])('answer by %s', async (_, options, name) => {
    const { voiceCall } = await called(options);
    expect(heard()).toBe(`This is ${name}.`);
    expect(voiceCall.agent).toBe(name);
  });

  it('are not reached by parameters that a call which comes in cannot have', async () => {
    const calling = simulateCall(application(EVERYBODY), { parameters: { campaign: 'renewal' } });
    await expect(calling).rejects.toThrow(/parameters are of calls that the host places.*CALL_ADMISSION/);
  });

  it('are asked by a function as each call begins, with what they inject', async () => {
    const app = application(EVERYBODY).overrideProvider(Hours).useValue({ open: false });
    await called({ to: SUPPORT }, app);
    expect(heard()).toBe('This is Reception.');
  });

  it('are told of their own calls only', async () => {
    const { call, clock, module } = await called({ to: SALES });
    call.speak(600);
    await clock.advance(4_000);
    expect(heard()).toBe('This is Sales. Sales again.');
    call.dtmf('5');
    await clock.advance(100);
    call.hangUp();
    await clock.advance(100);
    expect(module.get(Sales, { strict: false }).told).toEqual(['5', call.callSid]);
    expect(module.get(Reception, { strict: false }).told).toEqual([]);
  });

  it('answer by what CALL_ADMISSION has looked up', async () => {
    const admit = async ({ to }: { to: string }) => {
      await Promise.resolve();
      return to === SALES || { parameters: { campaign: 'renewal' } };
    };
    const app = () =>
      application(EVERYBODY, { providers: [{ provide: CALL_ADMISSION, useValue: { admit } }] });
    const { voiceCall } = await called({ to: OTHER }, app());
    expect(heard()).toBe('This is Renewal.');
    expect(voiceCall.parameters).toMatchObject({ campaign: 'renewal', to: OTHER, direction: 'inbound' });
    await current?.close();
    await called({ to: SALES }, app());
    expect(heard()).toBe('This is Sales.');
  });

  it('are named in records, and to whoever hears of the call’s events', async () => {
    const records: CallRecord[] = [];
    const told: string[] = [];
    @Injectable()
    class Listening {
      @OnCallEvent('agent-sounding')
      onSounding(_: unknown, call: VoiceCall | undefined) {
        told.push(String(call?.agent));
      }
    }
    const store = { store: (record: CallRecord) => void records.push(record) };
    const app = application(
      { providers: [Sales, Listening] },
      { agent: Plain, providers: [{ provide: CALL_RECORDS, useValue: store }] },
    );
    const { call, clock } = await called({ to: SALES }, app);
    call.hangUp();
    await clock.advance(100);
    expect(records).toEqual([expect.objectContaining({ agent: 'Sales' })]);
    expect(told).toEqual(['Sales']);
  });

  it('are made by the module too, beside the one for all other calls', async () => {
    const app = () => application({}, { agent: Plain, agents: [Sales, Support], imports: [HoursModule] });
    await called({ to: SALES }, app());
    expect(heard()).toBe('This is Sales.');
    await current?.close();
    await called({}, app());
    expect(heard()).toBe('This is Plain.');
  });

  it('can be one that is both for a number and for all other calls', async () => {
    const app = () => application({}, { agent: Sales });
    await called({ to: SUPPORT }, app());
    expect(heard()).toBe('This is Sales.');
  });

  const mock = { onCallStart: () => 'This is a mock.', reply: () => '' };

  it('give way to what a test puts in the place of one of them', async () => {
    await called({ to: SALES }, application(EVERYBODY).overrideProvider(Sales).useValue(mock));
    expect(heard()).toBe('This is a mock.');
  });

  it.each<[string, () => TestingModuleBuilder]>([
    ['of the module', () => application({ providers: [Sales] }, { agent: Plain, providers: [asDefault] })],
    ['that is decorated', () => application({}, { agent: Reception, providers: [asDefault] })],
    ['of another module', () => application(EVERYBODY, { providers: [asDefault] })],
    [
      'of the module, by a test',
      () => application({}, { agent: Plain }).overrideProvider(VOICE_AGENT).useValue(mock),
    ],
  ])('give way to a VOICE_AGENT that stands for the default %s', async (_, app) => {
    await called({}, app());
    expect(heard()).toBe('This is a mock.');
  });
  const asDefault = { provide: VOICE_AGENT, useValue: mock };

  it('that are all for other calls never leave a caller on an open line', async () => {
    const warnings: string[] = [];
    const warn = (line: unknown) => void warnings.push(String(line));
    const quiet = { log: () => undefined, error: () => undefined, debug: () => undefined, warn };
    const records: CallRecord[] = [];
    const store = { store: (record: CallRecord) => void records.push(record) };
    const app = application(
      { providers: [Sales] },
      { providers: [{ provide: CALL_RECORDS, useValue: store }] },
    ).setLogger(quiet);
    const { call, clock, events, module } = await called({ to: SUPPORT }, app);
    await clock.advance(10_000);
    expect(heard()).toMatch(/^I am sorry, I have a technical problem\..*Goodbye\.$/);
    expect(call.endedBy).toBe('hangup');
    expect(events.at(-1)).toMatchObject({ type: 'ended', reason: 'failed' });
    expect(records).toMatchObject([{ ended: 'failed', failures: [{ name: 'NoAgentError' }] }]);
    expect(records[0]).not.toHaveProperty('agent');
    expect(module.get(Sales, { strict: false }).told).toEqual([]);
    const again = new SimulatedCall({
      clock,
      transport: moduleTransport(module),
      authToken: '0123456789abcdef',
      to: SUPPORT,
    });
    again.dial('https://voice.example.com/voice/incoming');
    await clock.advance(15_000);
    expect(again.endedBy).toBe('hangup');
    const ours = warnings.filter((line) => line.includes('no agent is for it'));
    expect(ours).toEqual([expect.stringMatching(/^Call CA\w+: no agent is for it, so that it ends/)]);
  });

  it('are chosen for a call the host places by what it gives to place', async () => {
    const placed: { url: string; from: string; to: string }[] = [];
    const calls = Object.assign(() => ({ update: () => Promise.resolve() }), {
      create: (call: { url: string; from: string; to: string }) => {
        placed.push(call);
        return Promise.resolve({ sid: `CA${'1'.repeat(32)}` });
      },
    });
    const clock = new VirtualClock();
    const module = await application(EVERYBODY, {
      accountSid: `AC${'1'.repeat(32)}`,
      outbound: { from: SALES, allowedPrefixes: ['+49'] },
      providers: [...provideTwilioVoiceTesting({ clock }), { provide: TWILIO_CLIENT, useValue: { calls } }],
    }).compile();
    await module.init();
    const service = module.get(TwilioCallsService, { strict: false });
    const names: (string | undefined)[] = [];
    for (const parameters of [{ campaign: 'renewal' }, {}]) {
      const { callSid } = await service.place({ to: '+4940123456', parameters });
      const { url, from, to } = placed.at(-1)!;
      const line = { callSid, from, to, direction: 'outbound-api' as const };
      const transport = moduleTransport(module);
      const call = new SimulatedCall({ clock, transport, authToken: '0123456789abcdef', ...line });
      call.dial(url);
      await clock.advance(1_000);
      names.push(module.get(CallRegistry, { strict: false }).find(callSid)?.agent);
      call.hangUp();
      await clock.advance(1_000);
    }
    await module.close();
    expect(names).toEqual(['Renewal', 'Sales']);
  });
});

@Module({ providers: [Hours], exports: [Hours] })
class HoursModule {}

@VoiceAgent({ number: SALES })
class AlsoSales extends Naming {}

@VoiceAgent()
class AlsoReception extends Naming {}

@VoiceAgent({ number: SALES })
@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Naming {}

@Injectable({ scope: Scope.REQUEST })
class Request {}

@VoiceAgent({ number: SALES })
class OfRequest extends Naming {
  constructor(@Inject(Request) readonly request: Request) {
    super();
  }
}

@Injectable({ scope: Scope.REQUEST })
class PlainPerRequest extends Naming {}

class Mute {
  readonly says = '';
}
VoiceAgent({ number: SALES })(Mute as never);

class Silent {
  readonly says = '';
}

describe('the application does not boot', () => {
  it.each<[string, Parameters<typeof application>, RegExp]>([
    [
      'without any agent',
      [{}],
      /agent is missing: .*\{ agent: MyAgent \}, or decorate a provider with @VoiceAgent\(\)/,
    ],
    [
      'with two agents of one number',
      [{ providers: [Sales, AlsoSales] }],
      /Sales and AlsoSales are both for number \+4930111111: give one/,
    ],
    [
      'with two agents for all other calls',
      [{ providers: [Reception, AlsoReception] }],
      /Reception and AlsoReception are both the agent of all other calls: give one/,
    ],
    [
      'with another agent for all other calls than the module’s',
      [{ providers: [Reception] }, { agent: Plain }],
      /Reception and Plain are both the agent of all other calls/,
    ],
    ['with an agent per request', [{ providers: [PerRequest] }], /PerRequest is made per request/],
    [
      'with an agent of something per request',
      [{ providers: [Request, OfRequest] }],
      /OfRequest is made per request, itself or something that it injects/,
    ],
    [
      'with a module’s agent per request',
      [{}, { agent: PlainPerRequest }],
      /PlainPerRequest is made per request/,
    ],
    ['with an agent that cannot reply', [{ providers: [Mute] }], /Mute is no agent: it has no method reply/],
    [
      'with a module’s agent that cannot reply',
      [{}, { agent: Silent as never }],
      /Silent is no agent: it has no method reply/,
    ],
    [
      'with an agent that two modules make',
      [{ imports: [TwiceModule()], providers: [Sales] }],
      /there are two Sales: provide it in one module, and export it/,
    ],
  ])('%s', async (_, parts, message) => {
    expect(await refusal(...parts)).toMatch(message);
  });

  it.each<[string, Parameters<typeof application>]>([
    [
      'an agent that a factory did not make',
      [{ providers: [Sales, { provide: AlsoSales, useFactory: () => undefined }] }],
    ],
    ['an alias of an agent', [{ providers: [Sales, { provide: 'SALES', useExisting: Sales }] }]],
    ['the module’s agent, decorated', [{}, { agent: Reception, agents: [Reception] }]],
  ])('but does with %s', async (_, parts) => {
    expect(await refusal(...parts)).toBe('');
  });
});

function TwiceModule() {
  @Module({ providers: [Sales] })
  class Twice {}
  return Twice;
}

describe('@VoiceAgent', () => {
  it('takes classes that are agents only, and conditions that fit them', () => {
    // @ts-expect-error -- it cannot reply
    @VoiceAgent()
    class NoAgent {
      readonly says = '';
    }
    // @ts-expect-error -- asked with another class
    @VoiceAgent({ when: (_: VoiceCall, { hours }: Support) => hours.open })
    class NoSupport extends Naming {}
    // @ts-expect-error -- it would not be waited for
    @VoiceAgent({ when: () => Promise.resolve(true) })
    class Late extends Naming {}
    expect([NoAgent, NoSupport, Late]).toHaveLength(3);
  });

  it('counts for the class itself, and not for one that extends it', async () => {
    class MoreSales extends Sales {}
    expect(await refusal({ providers: [Sales, MoreSales] })).toBe('');
  });
});
