import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OptionalFactoryDependency,
  type Provider,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallRegistry } from './call/call-registry.js';
import { CLOCK } from './call/clock.js';
import { CallRecordKeeper } from './call/record/call-record-keeper.js';
import { REDACTOR, StandardRedactor } from './call/redactor.js';
import { STREAM_ACCEPTOR } from './call/stream.js';
import { SystemClock } from './call/system-clock.js';
import { ConversationService } from './conversation/conversation.service.js';
import { VOICE_AGENT, type VoiceAgent } from './conversation/voice-agent.js';
import { CallEventHandlers } from './events/call-event-handlers.js';
import { SileroDetector } from './listening/silero/silero-detector.js';
import { SileroNetwork } from './listening/silero/silero-network.js';
import {
  VOICE_ACTIVITY_DETECTOR,
  type VoiceActivityDetectorFactory,
} from './listening/voice-activity-detector.js';
import { VoiceHealth } from './metrics/voice-health.js';
import { VoiceMetrics } from './metrics/voice-metrics.js';
import { OfflineVoice } from './tts/offline/offline-voice.js';
import { TtsService } from './tts/tts.service.js';
import { VOICE } from './tts/voice.js';
import { CallRecordings } from './twilio/calls/call-recordings.js';
import { TwilioCallsService } from './twilio/calls/twilio-calls.service.js';
import { TwilioCallbacks } from './twilio/callbacks/twilio-callbacks.js';
import { TWILIO_COMMANDS, twilioControllers, twilioProviders } from './twilio/twilio.providers.js';
import {
  resolveOptions,
  TWILIO_VOICE_OPTIONS,
  type ResolvedTwilioVoiceOptions,
  type TwilioVoiceOptions,
} from './twilio-voice.options.js';

/** What has to be known before the module is built. */
export interface TwilioVoiceModuleExtras {
  /** The agent's class; Nest makes it, with whatever it injects from `imports`. */
  readonly agent: Type<VoiceAgent>;
  /** Modules whose providers the agent needs. */
  readonly imports?: ModuleMetadata['imports'];
  /** More providers; one with a token of this module (`VOICE`, `CLOCK`, …) replaces the module's own. */
  readonly providers?: Provider[];
  /** Makes the exported services available everywhere. */
  readonly isGlobal?: boolean;
  /** First segments of the webhook and stream paths, `voice` by default. */
  readonly basePath?: string;
}

/** Of `forRoot`: all options, and what Nest has to know. */
export type TwilioVoiceModuleOptions = Omit<TwilioVoiceOptions, 'basePath'> & TwilioVoiceModuleExtras;

type Settings = Omit<TwilioVoiceOptions, 'basePath'>;

/** Of `forRootAsync`: options that a factory makes, and what Nest has to know before. */
export interface TwilioVoiceModuleAsyncOptions extends TwilioVoiceModuleExtras {
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is injected is the host's business
  readonly useFactory: (...injected: any[]) => Settings | Promise<Settings>;
}

/** A telephone line for a Nest backend. */
@Module({})
export class TwilioVoiceModule {
  /** @throws Error naming each wrong option */
  static forRoot(options: TwilioVoiceModuleOptions): DynamicModule {
    const { agent, imports, providers, isGlobal, basePath, ...settings } = options;
    const extras = { agent, imports, providers, isGlobal, basePath };
    resolveOptions(withPath(settings, basePath)); // fail here, where the stack shows the host's own line
    return build(extras, {
      provide: TWILIO_VOICE_OPTIONS,
      useValue: resolveOptions(withPath(settings, basePath)),
    });
  }

  /** As {@link forRoot}, with settings from a factory; what shapes the module itself stays static. */
  static forRootAsync(options: TwilioVoiceModuleAsyncOptions): DynamicModule {
    const { useFactory, inject = [] } = options;
    const unknown = Object.keys(options).filter((name) => !ASYNC_OPTIONS.has(name));
    if (unknown.length > 0)
      throw new Error(
        `TwilioVoiceModule: unknown in forRootAsync: ${unknown.join(', ')}; settings belong into useFactory`,
      );
    if (typeof useFactory !== 'function')
      throw new Error('TwilioVoiceModule: useFactory is missing in forRootAsync');
    return build(options, {
      provide: TWILIO_VOICE_OPTIONS,
      inject,
      useFactory: async (...injected: unknown[]) =>
        fromFactory(await useFactory(...injected), options.basePath),
    });
  }
}

const ASYNC_OPTIONS = new Set([
  'agent',
  'imports',
  'providers',
  'isGlobal',
  'basePath',
  'inject',
  'useFactory',
]);

function fromFactory(settings: unknown, basePath: string | undefined): ResolvedTwilioVoiceOptions {
  if (typeof settings !== 'object' || settings === null)
    throw new Error('TwilioVoiceModule: useFactory must return the settings');
  if ('basePath' in settings)
    throw new Error(
      'TwilioVoiceModule: basePath belongs beside useFactory: the routes are made before it is called',
    );
  return resolveOptions(withPath(settings, basePath));
}

/** One network for all calls of this module, made at boot: missing weights stop the boot and not the first call. */
function sileroDetectors(): VoiceActivityDetectorFactory {
  const network = new SileroNetwork();
  return () => new SileroDetector(network);
}

const withPath = (settings: Settings, basePath: string | undefined): TwilioVoiceOptions =>
  basePath === undefined ? settings : { ...settings, basePath };

function build(
  extras: { [Key in keyof TwilioVoiceModuleExtras]: TwilioVoiceModuleExtras[Key] | undefined },
  options: Provider,
): DynamicModule {
  const { agent, imports = [], providers = [], isGlobal = false, basePath = 'voice' } = extras;
  if (typeof agent !== 'function')
    throw new Error(
      'TwilioVoiceModule: agent is missing: give the class of your voice agent, { agent: MyAgent }',
    );
  return {
    module: TwilioVoiceModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    controllers: twilioControllers(basePath),
    providers: [
      options,
      agent,
      { provide: VOICE_AGENT, useExisting: agent },
      { provide: CLOCK, useClass: SystemClock },
      { provide: VOICE, useFactory: () => new OfflineVoice() },
      { provide: VOICE_ACTIVITY_DETECTOR, useFactory: sileroDetectors },
      TtsService,
      ConversationService,
      CallRegistry,
      { provide: REDACTOR, useClass: StandardRedactor },
      CallRecordKeeper,
      { provide: STREAM_ACCEPTOR, useExisting: CallRegistry },
      ...twilioProviders(),
      ...TWILIO_COMMANDS,
      CallEventHandlers,
      VoiceMetrics,
      VoiceHealth,
      ...providers,
    ],
    exports: [
      CallRegistry,
      TwilioCallbacks,
      TwilioCallsService,
      CallRecordings,
      ConversationService,
      TtsService,
      VoiceMetrics,
      VoiceHealth,
      TWILIO_VOICE_OPTIONS,
      CLOCK,
      REDACTOR,
    ],
  };
}
