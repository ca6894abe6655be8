import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { type Clock, CLOCK, TwilioVoiceModule, VOICE } from 'nestjs-twilio-voice';
import { ScriptedVoice } from 'nestjs-twilio-voice/testing';
import { ChatGateway } from './chat.gateway.js';
import { OrderAgent } from './order.agent.js';
import { OrdersController } from './orders.controller.js';
import { OrdersModule } from './orders.module.js';
import type { Settings } from './settings.js';
import { UpdatesGateway } from './updates.gateway.js';

/** Its audio says which word it is: what the caller heard can be told from it. */
const readableVoice: Provider = {
  provide: VOICE,
  useFactory: (clock: Clock) => new ScriptedVoice(clock, { msPerWord: 300 }),
  inject: [CLOCK],
};

@Module({})
export class AppModule {
  static for({ sockets, voice, publicUrl, authToken }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        OrdersModule,
        TwilioVoiceModule.forRoot({
          agent: OrderAgent,
          imports: [OrdersModule],
          providers: voice === 'offline' ? [] : [readableVoice],
          publicUrl,
          authToken,
          conversation: { disclosure: '' },
        }),
      ],
      controllers: [OrdersController],
      providers: { 'socket.io': [ChatGateway], ws: [UpdatesGateway], none: [] }[sockets],
    };
  }
}
