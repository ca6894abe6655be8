import { Controller, Get, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { CallRegistry } from './call/call-registry.js';
import { CLOCK, type Clock } from './call/clock.js';
import { DemoAgent } from './conversation/demo-agent.js';
import { elevenLabsOptions, readEnvironment, voiceOptions, type Environment } from './environment.js';
import { ElevenLabsVoice } from './tts/elevenlabs/index.js';
import { OfflineVoice } from './tts/offline/index.js';
import { FALLBACK_VOICE, VOICE, type Voice } from './tts/voice.js';
import { TwilioVoiceModule } from './twilio-voice.module.js';

type Config = ConfigService<Environment, true>;

const elevenLabs = (config: Config) => elevenLabsOptions((name) => config.get(name));

@Controller()
export class HealthController {
  constructor(private readonly calls: CallRegistry) {}

  @Get('health')
  health(): { status: 'ok'; calls: number } {
    return { status: 'ok', calls: this.calls.size };
  }
}

/** The standalone host: configured by the environment, with the demo agent. */
@Module({
  imports: [
    // Only validated values count: a blank variable means its default.
    ConfigModule.forRoot({ isGlobal: true, skipProcessEnv: true, validate: readEnvironment }),
    TwilioVoiceModule.forRootAsync({
      agent: DemoAgent,
      inject: [ConfigService],
      useFactory: (config: Config) =>
        voiceOptions({
          PORT: config.get('PORT'),
          PUBLIC_URL: config.get('PUBLIC_URL'),
          TWILIO_ACCOUNT_SID: config.get('TWILIO_ACCOUNT_SID'),
          TWILIO_AUTH_TOKEN: config.get('TWILIO_AUTH_TOKEN'),
        }),
      providers: [
        {
          provide: VOICE,
          inject: [ConfigService, CLOCK],
          useFactory: (config: Config, clock: Clock): Voice | Promise<Voice> => {
            const options = elevenLabs(config);
            return options === undefined ? new OfflineVoice() : ElevenLabsVoice.create(options, clock);
          },
        },
        {
          provide: FALLBACK_VOICE,
          inject: [ConfigService],
          useFactory: (config: Config) => (elevenLabs(config) === undefined ? undefined : new OfflineVoice()),
        },
      ],
    }),
  ],
  controllers: [HealthController],
})
export class AppModule {}
