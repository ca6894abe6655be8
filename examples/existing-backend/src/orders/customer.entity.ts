import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class Customer {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;

  /** E.164, e.g. `+4930123456`. */
  @Column({ unique: true })
  phone: string;
}
