import { Module, type Provider } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { CLOCK, type Clock } from './call/clock.js';
import { REDACTOR, type Redactor } from './call/redactor.js';
import { DemoAgent } from './conversation/demo-agent.js';
import { OpenAiAgent } from './conversation/openai/index.js';
import { VOICE_AGENT, type VoiceAgent } from './conversation/voice-agent.js';
import {
  elevenLabsOptions,
  openAiOptions,
  readEnvironment,
  voiceOptions,
  type Environment,
} from './environment.js';
import { OperationsController } from './operations.controller.js';
import { ScribeTranscriber } from './listening/elevenlabs/index.js';
import { TRANSCRIBER } from './listening/transcriber.js';
import type { RedisSharing } from './redis.js';
import { CALL_BUS } from './sharing/call-bus.js';
import { CALL_DIRECTORY } from './sharing/call-directory.js';
import { LocalCallBus } from './sharing/local-call-bus.js';
import { MemoryDirectory } from './sharing/memory-directory.js';
import { MemoryStore } from './sharing/memory-store.js';
import { SHARED_STORE } from './sharing/shared-store.js';
import { ALONE, SHARING_STATUS } from './sharing/sharing-status.js';
import { ElevenLabsVoice } from './tts/elevenlabs/index.js';
import { OfflineVoice } from './tts/offline/index.js';
import { FALLBACK_VOICE, VOICE, type Voice } from './tts/voice.js';
import { TwilioVoiceModule } from './twilio-voice.module.js';

const GREETING = 'Hello! How can I help you?';

type Config = ConfigService<Environment, true>;

/** With `REDIS_URL`: what is shared through it. The client is loaded then, and not before. */
const SHARING = Symbol('SHARING');
type Sharing = RedisSharing | undefined;

const SHARED: Provider[] = [
  {
    provide: SHARING,
    inject: [ConfigService, CLOCK],
    useFactory: async (config: Config, clock: Clock): Promise<Sharing> => {
      const url = config.get('REDIS_URL', { infer: true });
      if (url === undefined) return undefined;
      const { RedisSharing } = await import('./redis.js');
      return RedisSharing.open({ url }, clock);
    },
  },
  shared(SHARED_STORE, (sharing, clock) => sharing?.store ?? new MemoryStore(clock)),
  shared(CALL_DIRECTORY, (sharing, clock) => sharing?.directory ?? new MemoryDirectory(clock)),
  shared(CALL_BUS, (sharing, clock) => sharing?.bus ?? new LocalCallBus(clock)),
  shared(SHARING_STATUS, (sharing) => sharing?.connection ?? ALONE),
];

function shared(provide: symbol, useFactory: (sharing: Sharing, clock: Clock) => unknown): Provider {
  return { provide, inject: [{ token: SHARING, optional: true }, CLOCK], useFactory };
}

const elevenLabs = (config: Config) => elevenLabsOptions((name) => config.get(name));

/** The standalone host: configured by the environment. */
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
          TWILIO_SECONDARY_AUTH_TOKEN: config.get('TWILIO_SECONDARY_AUTH_TOKEN'),
        }),
      providers: [
        ...SHARED,
        {
          provide: VOICE,
          inject: [ConfigService, CLOCK],
          useFactory: (config: Config, clock: Clock): Voice | Promise<Voice> => {
            const options = elevenLabs(config);
            return options === undefined ? new OfflineVoice() : ElevenLabsVoice.create(options, clock);
          },
        },
        {
          provide: TRANSCRIBER,
          inject: [ConfigService, CLOCK],
          useFactory: (config: Config, clock: Clock) => {
            const options = elevenLabs(config);
            if (options === undefined) return undefined;
            const { apiKey, baseUrl } = options;
            return new ScribeTranscriber({ apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) }, clock);
          },
        },
        {
          provide: VOICE_AGENT,
          inject: [ConfigService, CLOCK, REDACTOR, DemoAgent],
          useFactory: (
            config: Config,
            clock: Clock,
            redactor: Redactor,
            demo: DemoAgent,
          ): VoiceAgent | Promise<VoiceAgent> => {
            const options = openAiOptions((name) => config.get(name));
            return options === undefined
              ? demo
              : OpenAiAgent.create({ greeting: GREETING, ...options }, clock, redactor);
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
  controllers: [OperationsController],
})
export class AppModule {}
