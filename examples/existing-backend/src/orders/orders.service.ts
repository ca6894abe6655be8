import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { Customer } from './customer.entity';
import { OrderChange } from './order-change.entity';
import { Order } from './order.entity';
import type { CreateOrderDto } from './orders.dto';

const DAY = 24 * 60 * 60 * 1000;

@Injectable()
export class OrdersService {
  constructor(
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  all(): Promise<Order[]> {
    return this.orders.find({ order: { id: 'ASC' } });
  }

  async one(id: number): Promise<Order> {
    const order = await this.orders.findOneBy({ id });
    if (!order) throw new NotFoundException();
    return order;
  }

  /** @returns the newest order of the customer with this number */
  latestOf(phone: string): Promise<Order | null> {
    return this.orders.findOne({ where: { customer: { phone } }, order: { id: 'DESC' } });
  }

  create({ customer: name, phone, item, deliveredOn }: CreateOrderDto): Promise<Order> {
    return this.database.transaction(async (database) => {
      const known = await database.findOneBy(Customer, { phone });
      const customer = known ?? (await database.save(Customer, { name, phone }));
      return database.save(Order, { customer, item, deliveredOn });
    });
  }

  /** The order and its change are stored together, or not at all. */
  postpone(id: number, days: number): Promise<Order> {
    return this.database.transaction(async (database) => {
      const order = await database.findOneBy(Order, { id });
      if (!order) throw new NotFoundException();
      order.deliveredOn = new Date(Date.parse(order.deliveredOn) + days * DAY).toISOString().slice(0, 10);
      await database.save(OrderChange, { order, what: `postponed by ${days} days` });
      return database.save(order);
    });
  }
}
