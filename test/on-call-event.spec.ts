import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Inject, Injectable, Module, type Provider, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  type CallStatusEvent,
  CLOCK,
  type HostEvent,
  type HostEventOf,
  OnCallEvent,
  TwilioCallbacks,
  TwilioVoiceModule,
  VOICE,
} from '../src/index.js';
import { ScriptedAgent, ScriptedVoice, twilioSignature, VirtualClock } from '../src/testing/index.js';
import { EverythingTold } from './support/everything-told.js';
import { AUTH_TOKEN, Host } from './support/host.js';

const STATUS = 'https://voice.example.com/voice/status';

let host: Host | undefined;
let told: string[] = [];
afterEach(async () => {
  await host?.module.close();
  host = undefined;
});

async function boot(...providers: Provider[]): Promise<Host> {
  told = [];
  host = await Host.boot({
    agent: (clock) => new ScriptedAgent(clock, ['A short answer.'], { greeting: 'Good morning.' }),
    providers: () => providers,
  });
  return host;
}

/** Twilio tells that a call rings. */
async function rings({ transport, clock }: Host): Promise<void> {
  const form = { CallSid: 'CA1', CallStatus: 'ringing', SequenceNumber: '0' };
  await transport.post(STATUS, form, { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, STATUS, form) });
  await clock.advance(10);
}

class Base {
  protected readonly who: string = 'base';

  @OnCallEvent('call-status')
  inherited({ status }: CallStatusEvent): void {
    told.push(`${this.who} ${status}`);
  }

  @OnCallEvent('call-status')
  overridden(): void {
    told.push('never');
  }
}

@Injectable()
class Derived extends Base {
  protected override readonly who = 'derived';

  @OnCallEvent('call-status')
  override overridden(): void {
    told.push('its own');
  }
}

@Injectable()
class Twice {
  @OnCallEvent('call-status', 'call-status')
  @OnCallEvent('answered-by')
  @OnCallEvent('call-status', 'ended')
  on({ type }: HostEvent): void {
    told.push(type);
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @OnCallEvent('call-status')
  on(): void {
    told.push('never');
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class PerUser {
  private readonly name = 'mine';

  @OnCallEvent('call-status')
  on(): void {
    told.push(this.name);
  }
}

@Injectable()
class User {
  constructor(readonly mine: PerUser) {}
}

@Injectable()
class UserOfRequest {
  constructor(@Inject(PerRequest) readonly request: PerRequest) {}

  @OnCallEvent('call-status')
  on(): void {
    told.push('never');
  }
}

@Controller()
class AtTheDoor {
  @OnCallEvent('call-status')
  on(): void {
    told.push('controller');
  }
}

@Injectable()
class Throwing {
  @OnCallEvent('call-status')
  nothing(): void {
    throw Object.create(null) as Error;
  }

  @OnCallEvent('call-status')
  async aText(): Promise<void> {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- hosts do
    await Promise.reject('a secret');
  }

  @OnCallEvent('call-status')
  after(): void {
    told.push('after');
  }
}

@Injectable()
class Repeating {
  @OnCallEvent('digit')
  on({ digit }: HostEventOf<'digit'>): void {
    throw new Error(`secret ${digit}`);
  }
}

describe('@OnCallEvent', () => {
  it('finds providers and controllers of any module of the host', async () => {
    @Module({ providers: [Derived], controllers: [AtTheDoor] })
    class Elsewhere {}
    class Silent {
      reply = () => '';
    }
    const clock = new VirtualClock();
    const providers = [
      { provide: CLOCK, useValue: clock },
      { provide: VOICE, useValue: new ScriptedVoice(clock) },
    ];
    const imports = [TwilioVoiceModule.forRoot({ agent: Silent, providers }), Elsewhere];
    const module = await Test.createTestingModule({ imports }).compile();
    await module.init();
    told = [];
    module.get(TwilioCallbacks).callStatus('CA1', { CallStatus: 'ringing' });
    await clock.advance(10);
    await module.close();
    expect(told.sort()).toEqual(['controller', 'derived ringing', 'its own']);
  });

  it('calls the method as it is then, so that a test may spy on it', async () => {
    const { module } = await boot(Derived);
    const spy = jest.spyOn(module.get(Derived, { strict: false }), 'inherited').mockReturnValue();
    await rings(host!);
    expect(spy).toHaveBeenCalledTimes(1);
    expect(told).toEqual(['its own']);
  });

  it('is not harmed by a method that throws, whatever it throws', async () => {
    await rings(await boot(Throwing));
    expect(told).toEqual(['after']);
    expect([...(host?.logs ?? [])].sort()).toEqual([
      'Throwing.aText threw at call-status: string',
      'Throwing.nothing threw at call-status: object',
    ]);
  });

  it('tells what a method throws at the level of debugging, and nothing of it once the call was sensitive', async () => {
    const { clock, registry } = await boot(Repeating);
    const everything = new EverythingTold();
    everything.listen();
    const call = host!.dial();
    await clock.advance(1_000);
    call.dtmf('5');
    await clock.advance(1_000);
    expect(everything.leaksOf(/secret 5/)).toHaveLength(1);
    await registry.find(call.callSid)?.sensitive(() => undefined);
    await clock.advance(3_000);
    call.dtmf('6');
    await clock.advance(1_000);
    expect(everything.leaksOf(/secret 6/)).toEqual([]);
    expect(everything.lines.filter((line) => line.includes('Repeating.on threw'))).toHaveLength(2);
    call.hangUp();
    await clock.advance(500);
  });

  it('finds what a class inherits, and the method that overrides another once', async () => {
    await rings(await boot(Derived));
    expect(told.sort()).toEqual(['derived ringing', 'its own']);
  });

  it('calls a provider with two tokens once, and each of two instances', async () => {
    await rings(await boot(Derived, { provide: 'alias', useExisting: Derived }));
    expect(told).toHaveLength(2);
    await host?.module.close();
    await rings(await boot(Derived, { provide: 'another', useClass: Derived }));
    expect(told).toHaveLength(4);
  });

  it('may stand several times over one method, which is called once for each event', async () => {
    const { clock } = await boot(Twice);
    await rings(host!);
    expect(told).toEqual(['call-status']);
    const call = host!.dial();
    await clock.advance(500);
    call.hangUp();
    await clock.advance(500);
    expect(told).toEqual(['call-status', 'ended']);
  });

  it('says at boot which methods nobody will call, as there is no one instance', async () => {
    await rings(await boot(PerRequest, PerUser, User, UserOfRequest));
    expect(told).toEqual([]);
    expect(host?.logs).toEqual(
      ['PerRequest', 'PerUser', 'UserOfRequest'].map((name) =>
        expect.stringMatching(`^${name}\\.on is never called`),
      ),
    );
  });

  it('is refused on every instance for what happens on a stream', () => {
    // @ts-expect-error -- so it is by the compiler
    expect(() => OnCallEvent('turn', { everywhere: true })).toThrow(
      /turn is told where the call's stream is/,
    );
  });

  it.each<[string, () => unknown]>([
    [
      'a static method',
      () => {
        class Static {
          @OnCallEvent('call-status')
          static on(): void {
            told.push('never');
          }

          readonly one = 1;
        }
        return Static;
      },
    ],
    [
      'a method whose name is a symbol',
      () => {
        class Symbolic {
          @OnCallEvent('call-status')
          [Symbol.for('on')](): void {
            told.push('never');
          }
        }
        return Symbolic;
      },
    ],
  ])('refuses %s, which nobody would find', (_, declare) => {
    expect(declare).toThrow(/@OnCallEvent: .*on\)? must be a method of instances/);
  });

  it('tells the end of the calls that a shutdown ends', async () => {
    const { clock, module } = await boot(Twice);
    host!.dial();
    await clock.advance(500);
    const closed = module.close();
    await clock.advance(10_000);
    await closed;
    expect(told).toEqual(['ended']);
  });
});
