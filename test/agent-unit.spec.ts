import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { map, type Observable, tap } from 'rxjs';
import { TtsService, TwilioVoiceModule, type Turn, type VoiceAgent, type VoiceCall } from '../src/index.js';
import {
  agentSaid,
  agentWasCut,
  callerSaid,
  FakeCall,
  greetingOf,
  replyOf,
  simulateCall,
  turn,
} from '../src/testing/index.js';
import '../src/testing/jest.js';

// The host's own: what such tests are about.

interface Order {
  readonly number: number;
  readonly state: string;
}

@Injectable()
class OrdersService {
  latest(phone: string): Promise<Order | undefined> {
    return Promise.reject(new Error(`no database in a unit test, not even for ${phone}`));
  }
}

@Module({ providers: [OrdersService], exports: [OrdersService] })
class OrdersModule {}

@Injectable()
class OrderAgent implements VoiceAgent {
  constructor(private readonly orders: OrdersService) {}

  onCallStart = (call: VoiceCall) => (call.parameters.from === undefined ? 'Hello.' : 'Hello again.');

  async *reply({ call, history, transcript }: Turn) {
    if (/human/i.test(transcript)) {
      yield 'I will connect you.';
      call.transfer('sales').catch(() => call.say('Nobody is free right now.'));
      return;
    }
    const last = history.findLast((entry) => entry.role === 'agent');
    if (last?.interrupted === true) yield 'As I was saying: ';
    const order = await this.orders.latest(call.parameters.from ?? '');
    if (order === undefined) yield 'I found no order of yours.';
    else
      yield `Your order ${order.number} is ${order.state}, and it will be with you before the week is over.`;
  }
}

const orders = { latest: jest.fn<OrdersService['latest']>() };
const mocked = { provide: OrdersService, useValue: orders };

beforeEach(() => {
  orders.latest.mockReset().mockResolvedValue({ number: 42, state: 'on its way' });
});

describe('OrderAgent, by itself', () => {
  let agent: OrderAgent;
  beforeEach(async () => {
    const module = await Test.createTestingModule({ providers: [OrderAgent, mocked] }).compile();
    agent = module.get(OrderAgent);
  });

  it('answers with the state of the order, found by the telephone number', async () => {
    const asked = turn({ transcript: 'Where is my order?', call: { parameters: { from: '+4930123456' } } });
    expect(await replyOf(agent, asked)).toMatch(/^Your order 42 is on its way/);
    expect(orders.latest).toHaveBeenCalledWith('+4930123456');
  });

  it('says so when there is none', async () => {
    orders.latest.mockResolvedValue(undefined);
    expect(await replyOf(agent, turn())).toBe('I found no order of yours.');
  });

  it('takes up what the caller did not hear', async () => {
    const history = [callerSaid('My order?'), agentWasCut('Your order 42', 'is on its way.')];
    expect(await replyOf(agent, turn({ history }))).toMatch(/^As I was saying: Your order 42/);
    expect(await replyOf(agent, turn({ history: [agentSaid('Hello.')] }))).toMatch(/^Your order 42/);
  });

  it('connects a caller who wants a human', async () => {
    const asked = turn({ transcript: 'Give me a human.' });
    expect(await replyOf(agent, asked)).toBe('I will connect you.');
    expect(asked.call.transfers).toEqual(['sales']);
  });

  it('says so when nobody can be reached', async () => {
    const call = new FakeCall({ refusal: new Error('busy') });
    await replyOf(agent, turn({ transcript: 'Give me a human.', call }));
    await call.clock.advance(0); // whatever is under way goes on
    expect(call.said).toMatchObject([{ text: 'Nobody is free right now.' }]);
  });

  it('greets', async () => {
    expect(await greetingOf(agent, new FakeCall())).toBe('Hello again.');
  });
});

describe('OrderAgent, in a call', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(() => close?.());

  /** In which the caller has asked, and is being answered. */
  async function answered() {
    const simulated = await simulateCall(OrderAgent, {
      providers: [mocked],
      callerSays: ['Where is my order?', 'Sorry, what?'],
    });
    const { clock, call } = simulated;
    close = () => simulated.close();
    await clock.advance(2_000);
    call.speak(800);
    await clock.advance(3_500);
    return simulated;
  }

  it('greets and answers', async () => {
    const { call } = await answered();
    expect(call).toHaveHeard('Hello again. Your order 42 is');
    expect(call).toHaveBeenAnsweredWithin(1_500);
  });

  it('falls silent when the caller interrupts, and takes up what was not heard', async () => {
    const { clock, call, voiceCall } = await answered();
    call.speak(800);
    await clock.advance(1_000);
    expect(call).toHaveStoppedWithin(300);
    expect(call).not.toHaveHeard('before the week is over');
    expect(voiceCall.history).toContainEqual(expect.objectContaining({ interrupted: true }));
    await clock.advance(8_000);
    expect(call).toHaveHeard(/As I was saying: .* before the week is over\.$/);
  });

  it('is heard through a mock of the TtsService as well', async () => {
    const spoken: string[] = [];
    const speak = (text$: Observable<string>) =>
      text$.pipe(
        tap((text) => spoken.push(text)),
        map(() => ({ audio: new Uint8Array(800).fill(0xff) })),
      );
    const application = Test.createTestingModule({
      imports: [TwilioVoiceModule.forRoot({ agent: OrderAgent, imports: [OrdersModule] })],
    })
      .overrideProvider(OrdersService)
      .useValue(orders)
      .overrideProvider(TtsService)
      .useValue({ speak });
    const simulated = await simulateCall(application);
    close = () => simulated.close();
    await simulated.clock.advance(1_000);
    expect(spoken).toEqual(['You are talking to an automated assistant. ', 'Hello again.']);
  });
});
