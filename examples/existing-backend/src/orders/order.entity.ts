import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Customer } from './customer.entity';

@Entity('orders')
export class Order {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Customer, { eager: true, nullable: false })
  customer: Customer;

  @Column()
  item: string;

  /** `2026-12-01` */
  @Column()
  deliveredOn: string;
}
