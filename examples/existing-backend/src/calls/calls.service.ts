import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { CallRecord, CallRecordStore } from 'nestjs-twilio-voice';
import { Repository } from 'typeorm';
import { Call } from './call.entity';

@Injectable()
export class CallsService implements CallRecordStore {
  constructor(@InjectRepository(Call) private readonly calls: Repository<Call>) {}

  async store(record: CallRecord): Promise<void> {
    const { id, parameters, startedAt, interruptions } = record;
    await this.calls.save({ id, phone: parameters.from, startedAt, interruptions, record });
  }

  all(): Promise<Call[]> {
    return this.calls.find({ order: { startedAt: 'DESC' } });
  }
}
