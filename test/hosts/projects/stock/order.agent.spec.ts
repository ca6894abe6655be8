import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CLOCK, TwilioVoiceModule } from 'nestjs-twilio-voice';
import {
  provideTwilioVoiceTesting,
  replyOf,
  simulateCall,
  turn,
  VirtualClock,
} from 'nestjs-twilio-voice/testing';
import 'nestjs-twilio-voice/testing/jest';
import { OrderAgent } from './order.agent.js';
import { OrdersService } from './orders.service.js';

const latest = () => Promise.resolve({ number: 42, state: 'on its way' });
const orders = { provide: OrdersService, useValue: { latest } };

@Module({ providers: [OrdersService], exports: [OrdersService] })
class OrdersModule {}

@Module({
  imports: [TwilioVoiceModule.forRoot({ agent: OrderAgent, imports: [OrdersModule] })],
})
class AppModule {}

describe('OrderAgent', () => {
  it('tells the state of the order', async () => {
    const providers = [OrderAgent, orders, ...provideTwilioVoiceTesting()];
    const module = await Test.createTestingModule({ providers }).compile();
    const asked = turn({ transcript: 'Where is my order?', call: { parameters: { from: '+4930123456' } } });
    expect(await replyOf(module.get(OrderAgent), asked)).toBe('Your order 42 is on its way.');
    expect(module.get(CLOCK)).toBeInstanceOf(VirtualClock);
  });

  it('falls silent when the caller interrupts, and goes on from there', async () => {
    await using simulated = await simulateCall(OrderAgent, { providers: [orders], callerSays: ['Wait!'] });
    const { clock, call } = simulated;
    await clock.advance(1_500);
    call.speak(600);
    await clock.advance(6_000);
    expect(call).toHaveStoppedWithin(300);
    expect(call).toHaveBeenAnsweredWithin(1_500);
    expect(call).toHaveHeard('As I was saying: Your order 42 is on its way');
    expect(call).not.toHaveHeard('I will tell you about your order');
  });

  it('answers in the application', async () => {
    const application = Test.createTestingModule({ imports: [AppModule] });
    application.overrideProvider(OrdersService).useValue(orders.useValue);
    await using simulated = await simulateCall(application);
    const { clock, call } = simulated;
    await clock.advance(8_000);
    call.speak(600);
    await clock.advance(6_000);
    expect(call).toHaveHeard('Your order 42 is on its way');
  });
});
