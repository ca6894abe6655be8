import type { CallRecord } from 'nestjs-twilio-voice';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity()
export class Call {
  @PrimaryColumn()
  id: string;

  @Column()
  phone: string;

  @Column()
  startedAt: string;

  @Column()
  interruptions: number;

  /** What both sides said, and what was heard of it. */
  @Column('simple-json')
  record: CallRecord;
}
