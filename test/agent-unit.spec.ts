import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { map, type Observable, tap } from 'rxjs';
import {
  CallRegistry,
  CLOCK,
  TtsService,
  TwilioVoiceModule,
  type Turn,
  type VoiceAgent,
  type VoiceCall,
  VOICE,
} from '../src/index.js';
import {
  moduleTransport,
  ScriptedVoice,
  SimulatedCall,
  SimulatedLine,
  speechLikeSound,
  VirtualClock,
} from '../src/testing/index.js';

@Injectable()
class OrdersService {
  latest(phone: string): Promise<{ number: number; state: string }> {
    return Promise.reject(new Error(`no database in a unit test, not even for ${phone}`));
  }
}

@Module({ providers: [OrdersService], exports: [OrdersService] })
class OrdersModule {}

/** The agent under test. */
@Injectable()
class OrderAgent implements VoiceAgent {
  constructor(private readonly orders: OrdersService) {}

  onCallStart(call: VoiceCall): string {
    return call.parameters.from === undefined ? 'Hello.' : 'Hello again.';
  }

  async reply({ call }: Turn): Promise<string> {
    const { number, state } = await this.orders.latest(call.parameters.from ?? '');
    return `Your order ${number} is ${state}.`;
  }
}

/** The module's own, unless the host words it. */
const DISCLOSURE = 'You are talking to an automated assistant. ';

describe('OrderAgent', () => {
  const clock = new VirtualClock();
  const silence = (ms: number) => new Uint8Array(ms * 8).fill(0xff);
  const orders = { latest: jest.fn<OrdersService['latest']>() };
  let spoken: string[];
  let module: TestingModule;

  /** Instead of speaking, writes down what would be spoken. */
  const speak = jest.fn((text$: Observable<string>) =>
    text$.pipe(
      tap((text) => spoken.push(text)),
      map(() => ({ audio: silence(100) })),
    ),
  );

  beforeEach(async () => {
    spoken = [];
    module = await Test.createTestingModule({
      imports: [TwilioVoiceModule.forRoot({ agent: OrderAgent, imports: [OrdersModule] })],
    })
      .overrideProvider(OrdersService)
      .useValue(orders)
      .overrideProvider(TtsService)
      .useValue({ speak })
      .overrideProvider(CLOCK)
      .useValue(clock)
      .compile();
  });

  afterEach(() => module.close());

  /** A call comes in, without Twilio: what is said to it goes to a simulated line. */
  async function callFrom(from: string) {
    const line = new SimulatedLine(clock);
    const start = { callSid: 'CA1', streamSid: 'MZ1', accountSid: 'AC1', parameters: { from } };
    const caller = module.get(CallRegistry).accept(start, line);
    line.onMark = caller.mark;
    await clock.advance(1_000);
    return caller;
  }

  it('greets, once it has been said that no human speaks', async () => {
    await callFrom('+15005550001');
    expect(spoken).toEqual([DISCLOSURE, 'Hello again.']);
  });

  it('falls silent when the caller interrupts', async () => {
    const time = new VirtualClock();
    const providers = [
      { provide: CLOCK, useValue: time },
      { provide: VOICE, useValue: new ScriptedVoice(time, { msPerWord: 2_000 }) },
    ];
    const imports = [TwilioVoiceModule.forRoot({ agent: OrderAgent, imports: [OrdersModule], providers })];
    const host = await Test.createTestingModule({ imports }).compile();
    const call = new SimulatedCall({ clock: time, transport: moduleTransport(host) });
    call.dial('http://127.0.0.1:3000/voice/incoming');
    await time.advance(2_000); // the greeting is being heard
    const { startMs } = call.speak(600);
    await time.advance(1_000);
    expect(call.audibleAt(startMs)).toBe(true);
    expect(call.onsetToSilenceMs(startMs)).toBeLessThan(300);
  });

  it('answers with the state of the order, found by the telephone number', async () => {
    orders.latest.mockResolvedValue({ number: 42, state: 'on its way' });
    const caller = await callFrom('+15005550001');
    caller.audio(speechLikeSound(600), 0);
    caller.audio(silence(1_000), 600);
    await clock.advance(1_000);
    expect(orders.latest).toHaveBeenCalledWith('+15005550001');
    expect(spoken).toEqual([DISCLOSURE, 'Hello again.', 'Your order 42 is on its way.']);
  });
});
