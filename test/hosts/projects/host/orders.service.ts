import { Injectable } from '@nestjs/common';

export interface Order {
  readonly number: number;
  readonly state: string;
}

/** Stands for whatever the host has already. */
@Injectable()
export class OrdersService {
  latest(): Promise<Order> {
    return Promise.resolve({ number: 42, state: 'on its way' });
  }
}
