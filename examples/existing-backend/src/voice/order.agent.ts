import { Injectable } from '@nestjs/common';
import type { Turn, VoiceAgent, VoiceCall } from 'nestjs-twilio-voice';
import { OrdersService } from '../orders/orders.service';

@Injectable()
export class OrderAgent implements VoiceAgent {
  constructor(private readonly orders: OrdersService) {}

  onCallStart = () => 'Hello! Say something, and I tell you when your order comes.';

  async *reply({ call }: Turn) {
    const order = await this.orders.latestOf(call.parameters.from);
    if (!order) yield 'There is no order under your number.';
    else yield `Your ${order.item} comes on ${order.deliveredOn}. For a week later, press one.`;
  }

  async onDigit(digit: string, call: VoiceCall) {
    const order = digit === '1' && (await this.orders.latestOf(call.parameters.from));
    if (!order) return;
    const { deliveredOn } = await this.orders.postpone(order.id, 7);
    call.interrupt();
    await call.say(`Done. It comes on ${deliveredOn}.`);
  }
}
