import { Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { CALL_RECORDS, TwilioVoiceModule } from 'nestjs-twilio-voice';
import { Public } from '../auth/public.decorator';
import { CallsModule } from '../calls/calls.module';
import { CallsService } from '../calls/calls.service';
import { OrdersModule } from '../orders/orders.module';
import { OrderAgent } from './order.agent';

@Module({
  imports: [
    TwilioVoiceModule.forRootAsync({
      agent: OrderAgent,
      decorators: [Public()], // the JwtGuard lets Twilio pass, whose signature is checked instead
      imports: [OrdersModule, CallsModule], // whatever the agent and the providers inject
      providers: [{ provide: CALL_RECORDS, useExisting: CallsService }],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        publicUrl: config.getOrThrow<string>('PUBLIC_URL'),
        accountSid: config.get<string>('TWILIO_ACCOUNT_SID'),
        authToken: config.get<string>('TWILIO_AUTH_TOKEN'),
      }),
    }),
  ],
})
export class VoiceModule {}
