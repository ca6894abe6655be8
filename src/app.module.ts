import { Controller, Get, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { CallRegistry } from './call/call-registry.js';
import { DemoAgent } from './conversation/demo-agent.js';
import { readEnvironment, voiceOptions, type Environment } from './environment.js';
import { TwilioVoiceModule } from './twilio-voice.module.js';

@Controller()
export class HealthController {
  constructor(private readonly calls: CallRegistry) {}

  @Get('health')
  health(): { status: 'ok'; calls: number } {
    return { status: 'ok', calls: this.calls.size };
  }
}

/** The standalone host: configured by the environment, with the offline voice and the demo agent. */
@Module({
  imports: [
    // Only validated values count: a blank variable means its default.
    ConfigModule.forRoot({ isGlobal: true, skipProcessEnv: true, validate: readEnvironment }),
    TwilioVoiceModule.forRootAsync({
      agent: DemoAgent,
      inject: [ConfigService],
      useFactory: (config: ConfigService<Environment, true>) =>
        voiceOptions({
          PORT: config.get('PORT'),
          PUBLIC_URL: config.get('PUBLIC_URL'),
          TWILIO_ACCOUNT_SID: config.get('TWILIO_ACCOUNT_SID'),
          TWILIO_AUTH_TOKEN: config.get('TWILIO_AUTH_TOKEN'),
        }),
    }),
  ],
  controllers: [HealthController],
})
export class AppModule {}
