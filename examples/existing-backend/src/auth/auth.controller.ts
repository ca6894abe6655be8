import { Body, Controller, HttpCode, Post, UnauthorizedException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { JwtService } from '@nestjs/jwt';
import { IsString } from 'class-validator';
import { Public } from './public.decorator';

class LoginDto {
  @IsString()
  password: string;
}

@Controller('auth')
export class AuthController {
  constructor(
    private readonly jwt: JwtService,
    private readonly config: ConfigService,
  ) {}

  @Public()
  @Post('login')
  @HttpCode(200)
  async login(@Body() { password }: LoginDto) {
    if (password !== this.config.getOrThrow<string>('STAFF_PASSWORD')) throw new UnauthorizedException();
    return { token: await this.jwt.signAsync({ sub: 'staff' }) };
  }
}
