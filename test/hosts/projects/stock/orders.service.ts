import { Injectable } from '@nestjs/common';

@Injectable()
export class OrdersService {
  latest(phone: string): Promise<{ number: number; state: string }> {
    return Promise.reject(new Error(`no database in a test, not even for ${phone}`));
  }
}
