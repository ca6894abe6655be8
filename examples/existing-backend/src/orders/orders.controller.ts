import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post } from '@nestjs/common';
import { CreateOrderDto, PostponeDto } from './orders.dto';
import { OrdersService } from './orders.service';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get()
  all() {
    return this.orders.all();
  }

  @Get(':id')
  one(@Param('id', ParseIntPipe) id: number) {
    return this.orders.one(id);
  }

  @Post()
  create(@Body() order: CreateOrderDto) {
    return this.orders.create(order);
  }

  @Post(':id/postpone')
  @HttpCode(200)
  postpone(@Param('id', ParseIntPipe) id: number, @Body() { days }: PostponeDto) {
    return this.orders.postpone(id, days);
  }
}
