import { Controller, Get, Param } from '@nestjs/common';
import { CallRegistry } from 'nestjs-twilio-voice';
import { type Order, OrdersService } from './orders.service.js';

@Controller()
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly calls: CallRegistry,
  ) {}

  @Get('orders/latest')
  latest(): Promise<Order> {
    return this.orders.latest();
  }

  /** What was said in a call so far. */
  @Get('calls/:sid')
  call(@Param('sid') sid: string) {
    return this.calls.find(sid)?.history ?? [];
  }
}
