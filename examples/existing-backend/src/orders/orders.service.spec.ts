import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { OrderChange } from './order-change.entity';
import { OrdersModule } from './orders.module';
import { OrdersService } from './orders.service';

const LAMP = { customer: 'Ada', phone: '+4930123456', item: 'lamp', deliveredOn: '2026-12-28' };

describe('OrdersService', () => {
  let module: TestingModule;
  let orders: OrdersService;

  beforeEach(async () => {
    const database = TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database: ':memory:',
      autoLoadEntities: true,
      synchronize: true,
    });
    module = await Test.createTestingModule({ imports: [database, OrdersModule] }).compile();
    orders = module.get(OrdersService);
  });
  afterEach(() => module.close());

  it('finds the newest order of a customer by phone number', async () => {
    await orders.create(LAMP);
    await orders.create({ ...LAMP, item: 'chair' });
    await orders.create({ ...LAMP, item: 'table', phone: '+4930999999' });
    expect(await orders.latestOf(LAMP.phone)).toMatchObject({ item: 'chair', customer: { name: 'Ada' } });
    expect(await orders.latestOf('+4930000000')).toBeNull();
  });

  it('postpones a delivery, and tells the warehouse', async () => {
    const { id } = await orders.create(LAMP);
    await orders.postpone(id, 7);
    expect(await orders.one(id)).toMatchObject({ deliveredOn: '2027-01-04' });
    expect(await module.get(DataSource).manager.find(OrderChange)).toMatchObject([
      { what: 'postponed by 7 days' },
    ]);
  });
});
