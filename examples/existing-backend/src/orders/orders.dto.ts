import { IsDateString, IsInt, IsNotEmpty, IsPhoneNumber, Max, Min } from 'class-validator';

export class CreateOrderDto {
  @IsNotEmpty()
  customer: string;

  @IsPhoneNumber()
  phone: string;

  @IsNotEmpty()
  item: string;

  @IsDateString({ strict: true })
  deliveredOn: string;
}

export class PostponeDto {
  @IsInt()
  @Min(1)
  @Max(60)
  days: number;
}
