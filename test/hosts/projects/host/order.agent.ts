import { Injectable } from '@nestjs/common';
import type { Turn, VoiceAgent } from 'nestjs-twilio-voice';
import { OrdersService } from './orders.service.js';

@Injectable()
export class OrderAgent implements VoiceAgent {
  constructor(private readonly orders: OrdersService) {}

  onCallStart = () =>
    'Hello, this is the shop, and as long as nobody interrupts me I shall tell you about everything that we have in our many shelves today.';

  async *reply({ history }: Turn) {
    const last = history.findLast((entry) => entry.role === 'agent');
    if (last?.interrupted === true) yield 'As I was about to say: ';
    const { number, state } = await this.orders.latest();
    yield `Order ${number} is ${state}.`;
  }
}
