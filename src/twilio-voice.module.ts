import { Module, type DynamicModule, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallRegistry } from './call/call-registry.js';
import { CallScopes } from './call/call-scopes.js';
import { CLOCK } from './call/clock.js';
import { CallRecordKeeper } from './call/record/call-record-keeper.js';
import { StreamRelay } from './call/relay/stream-relay.js';
import { ServedCalls } from './call/served-calls.js';
import { REDACTOR, StandardRedactor } from './call/redactor.js';
import { STREAM_ACCEPTOR } from './call/stream.js';
import { SystemClock } from './call/system-clock.js';
import { GIVEN_AGENT, VoiceAgents } from './conversation/agents/voice-agents.js';
import { ConversationService } from './conversation/conversation.service.js';
import { VoiceToolRegistry } from './conversation/tools/voice-tool-registry.js';
import { AGENT_CONDITIONS, VOICE_AGENT, type VoiceAgent } from './conversation/voice-agent.js';
import { CallEventHandlers } from './events/call-event-handlers.js';
import { SileroDetector } from './listening/silero/silero-detector.js';
import { SileroNetwork } from './listening/silero/silero-network.js';
import {
  VOICE_ACTIVITY_DETECTOR,
  type VoiceActivityDetectorFactory,
} from './listening/voice-activity-detector.js';
import { VoiceHealth } from './metrics/voice-health.js';
import { VoiceMetrics } from './metrics/voice-metrics.js';
import { ALONE_PROVIDERS } from './sharing/alone.providers.js';
import { CallTidings } from './sharing/call-tidings.js';
import { LiveCalls } from './sharing/live-calls.js';
import { OfflineVoice } from './tts/offline/offline-voice.js';
import { TtsService } from './tts/tts.service.js';
import { VOICE } from './tts/voice.js';
import { CallRecordings } from './twilio/calls/call-recordings.js';
import { TwilioCallsService } from './twilio/calls/twilio-calls.service.js';
import { TwilioCallbacks } from './twilio/callbacks/twilio-callbacks.js';
import {
  TWILIO_COMMANDS,
  twilioControllers,
  twilioProviders,
  type Upgrades,
} from './twilio/twilio.providers.js';
import {
  asyncOptions,
  withPath,
  type TwilioVoiceSettings,
  type TwilioVoiceSettingsSource,
} from './twilio-voice-module.async.js';
import { resolveOptions, TWILIO_VOICE_OPTIONS } from './twilio-voice.options.js';

/** What has to be known before the module is built. */
export interface TwilioVoiceModuleExtras {
  /**
   * The agent's class; Nest makes it, with whatever it injects from `imports`. It takes the calls that no agent decorated
   * with `@VoiceAgent` is for; it can be left out where there are such agents.
   */
  readonly agent?: Type<VoiceAgent> | undefined;
  /** More classes of agents for Nest to make here; those of other modules are found there. All need `@VoiceAgent`. */
  readonly agents?: readonly Type<VoiceAgent>[] | undefined;
  /** Modules whose providers the agent needs. */
  readonly imports?: ModuleMetadata['imports'];
  /** More providers; one with a token of this module (`VOICE`, `CLOCK`, …) replaces the module's own. */
  readonly providers?: Provider[];
  /** More controllers, which may inject this module's services. */
  readonly controllers?: Type[];
  /**
   * Class decorators for the webhooks' controllers, such as `Public()` and `SkipThrottle()`: what your global guards
   * and interceptors read. Twilio's signature is checked in any case.
   */
  readonly decorators?: readonly ClassDecorator[];
  /**
   * Who takes the media streams from the HTTP server: by default the `MediaStreamAdapter` that `main.ts` installs;
   * with `http-server` the module itself, for hosts that cannot touch `main.ts`.
   */
  readonly upgrades?: Upgrades;
  /** Makes the exported services available everywhere. */
  readonly isGlobal?: boolean;
  /** First segments of the webhook and stream paths, `voice` by default. */
  readonly basePath?: string;
}

/** Of `forRoot`: all options, and what Nest has to know. */
export type TwilioVoiceModuleOptions = TwilioVoiceSettings & TwilioVoiceModuleExtras;

/** Of `forRootAsync`: where the options come from, and what Nest has to know before. */
export type TwilioVoiceModuleAsyncOptions = TwilioVoiceSettingsSource & TwilioVoiceModuleExtras;

/** A telephone line for a Nest backend. */
@Module({})
export class TwilioVoiceModule {
  /** @throws Error naming each wrong option */
  static forRoot(options: TwilioVoiceModuleOptions): DynamicModule {
    const {
      agent,
      agents,
      imports,
      providers,
      controllers,
      decorators,
      upgrades,
      isGlobal,
      basePath,
      ...settings
    } = options;
    const extras = {
      agent,
      agents,
      imports,
      providers,
      controllers,
      decorators,
      upgrades,
      isGlobal,
      basePath,
    };
    const useValue = resolveOptions(withPath(settings, basePath)); // fail here, where the stack shows the host's line
    return build(extras, [{ provide: TWILIO_VOICE_OPTIONS, useValue }]);
  }

  /** As {@link forRoot}, with settings from a factory; what shapes the module itself stays static. */
  static forRootAsync(options: TwilioVoiceModuleAsyncOptions): DynamicModule {
    const unknown = Object.keys(options).filter((name) => !ASYNC_OPTIONS.has(name));
    if (unknown.length > 0)
      throw new Error(
        `TwilioVoiceModule: unknown in forRootAsync: ${unknown.join(', ')}; settings belong into useFactory`,
      );
    return build(options, asyncOptions(options, options.basePath));
  }
}

const ASYNC_OPTIONS = new Set([
  'agent',
  'agents',
  'imports',
  'providers',
  'controllers',
  'decorators',
  'upgrades',
  'isGlobal',
  'basePath',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
]);

/** One network for all calls of this module, made at boot: missing weights stop the boot and not the first call. */
function sileroDetectors(): VoiceActivityDetectorFactory {
  const network = new SileroNetwork();
  return () => new SileroDetector(network);
}

/** Whether there is an agent at all is known when all modules are. */
function checkAgents(agent: unknown, agents: readonly unknown[]): void {
  if (agent !== undefined && typeof agent !== 'function')
    throw new Error('TwilioVoiceModule: agent must be the class of your voice agent, { agent: MyAgent }');
  for (const one of agents)
    if (typeof one !== 'function' || !Reflect.hasOwnMetadata(AGENT_CONDITIONS, one))
      throw new Error(
        `TwilioVoiceModule: agents: ${typeof one === 'function' ? one.name : String(one)} must be a class decorated with @VoiceAgent`,
      );
}

function build(
  extras: { [Key in keyof TwilioVoiceModuleExtras]: TwilioVoiceModuleExtras[Key] | undefined },
  options: Provider[],
): DynamicModule {
  const { agent, agents = [], imports = [], providers = [], isGlobal = false, basePath = 'voice' } = extras;
  const { controllers = [], decorators = [], upgrades = 'adapter' } = extras;
  checkAgents(agent, agents);
  if (!(['adapter', 'http-server'] as unknown[]).includes(upgrades))
    throw new Error(`TwilioVoiceModule: upgrades: must be 'adapter' or 'http-server', and not ${upgrades}`);
  if (!Array.isArray(decorators) || !decorators.every((one) => typeof one === 'function'))
    throw new Error(
      'TwilioVoiceModule: decorators: must be class decorators, called: [Public()], not [Public]',
    );
  return {
    module: TwilioVoiceModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    controllers: [...twilioControllers(basePath, decorators), ...controllers],
    providers: [
      ...options,
      ...(agent === undefined ? [] : [agent, { provide: VOICE_AGENT, useExisting: agent }]),
      ...agents.filter((one) => one !== agent),
      { provide: GIVEN_AGENT, useValue: { agent } },
      VoiceAgents,
      VoiceToolRegistry,
      { provide: CLOCK, useClass: SystemClock },
      { provide: VOICE, useFactory: () => new OfflineVoice() },
      { provide: VOICE_ACTIVITY_DETECTOR, useFactory: sileroDetectors },
      ...ALONE_PROVIDERS,
      TtsService,
      ConversationService,
      CallScopes,
      CallRegistry,
      CallTidings,
      ServedCalls,
      LiveCalls,
      { provide: REDACTOR, useClass: StandardRedactor },
      CallRecordKeeper,
      StreamRelay,
      { provide: STREAM_ACCEPTOR, useExisting: StreamRelay },
      ...twilioProviders(upgrades),
      ...TWILIO_COMMANDS,
      CallEventHandlers,
      VoiceMetrics,
      VoiceHealth,
      ...providers,
    ],
    exports: [
      CallRegistry,
      LiveCalls,
      CallScopes,
      TwilioCallbacks,
      TwilioCallsService,
      CallRecordings,
      ConversationService,
      TtsService,
      VoiceToolRegistry,
      VoiceMetrics,
      VoiceHealth,
      TWILIO_VOICE_OPTIONS,
      CLOCK,
      REDACTOR,
    ],
  };
}
