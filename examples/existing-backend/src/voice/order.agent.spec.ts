import { Test } from '@nestjs/testing';
import { replyOf, turn } from 'nestjs-twilio-voice/testing';
import { OrdersService } from '../orders/orders.service';
import { OrderAgent } from './order.agent';

const order = { id: 42, item: 'lamp', deliveredOn: '2026-12-28' };
const orders = {
  latestOf: () => Promise.resolve(order),
  postpone: jest.fn(() => Promise.resolve({ ...order, deliveredOn: '2027-01-04' })),
};

it('tells when the order comes, and postpones it when the caller presses one', async () => {
  const providers = [OrderAgent, { provide: OrdersService, useValue: orders }];
  const agent = (await Test.createTestingModule({ providers }).compile()).get(OrderAgent);
  const asked = turn();
  expect(await replyOf(agent, asked)).toBe('Your lamp comes on 2026-12-28. For a week later, press one.');

  await agent.onDigit('1', asked.call);
  expect(orders.postpone).toHaveBeenCalledWith(42, 7);
  expect(asked.call.said).toMatchObject([{ text: 'Done. It comes on 2027-01-04.' }]);
});
