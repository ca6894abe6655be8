import { Injectable } from '@nestjs/common';
import type { Turn, VoiceAgent } from 'nestjs-twilio-voice';
import { OrdersService } from './orders.service.js';

@Injectable()
export class OrderAgent implements VoiceAgent {
  constructor(private readonly orders: OrdersService) {}

  onCallStart = () => 'Hello! Say something, and I will tell you about your order.';

  async *reply({ call, history }: Turn) {
    const last = history.findLast((entry) => entry.role === 'agent');
    if (last?.interrupted) yield 'As I was saying: ';
    const { number, state } = await this.orders.latest(call.parameters['from'] ?? '');
    yield `Your order ${number} is ${state}.`;
  }
}
