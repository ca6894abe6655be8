import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Order } from './order.entity';

/** What was changed of an order, for the warehouse. */
@Entity()
export class OrderChange {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Order, { nullable: false })
  order: Order;

  @Column()
  what: string;
}
