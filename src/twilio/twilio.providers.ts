import type { Provider, Type } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { CALL_CONTROL } from '../call/call-control.js';
import { CALLER_RATES, SharedCallerRates } from '../limits/caller-rates.js';
import { FrontDesk } from '../limits/front-desk.js';
import { StreamEnds } from './callbacks/stream-ends.js';
import { StreamErrors } from './callbacks/stream-errors.js';
import { twilioCallbacksController } from './callbacks/twilio-callbacks.controller.js';
import { TwilioCallbacks } from './callbacks/twilio-callbacks.js';
import { Sharing } from '../sharing/sharing.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { CallOutcomes } from './call-outcomes.js';
import { decoratedController } from './decorated-controller.js';
import { DEFAULT_ADAPTER_PROVIDER } from './default-adapter.js';
import { HttpServerUpgrades } from './http-server-upgrades.js';
import { importedOnce } from './imported-once.js';
import { OpenStreams } from './open-streams.js';
import { PublicUrls } from './public-urls.js';
import { TwilioSignatureGuard } from './signature.guard.js';
import { TwilioSignatures } from './signature.js';
import { StreamTokens } from './stream-token.js';
import { CallRecordings } from './calls/call-recordings.js';
import { DialGuard } from './calls/dial-guard.js';
import { SealedContext } from './calls/sealed-context.js';
import { SecondAttempt } from './second-attempt.js';
import { TwilioCallsService } from './calls/twilio-calls.service.js';
import { TwilioRest } from './twilio-client.js';
import { TwilioCallControl } from './twilio-rest.js';
import { TwilioStreamGateway, twilioStreamGateway } from './twilio-stream.gateway.js';
import { twilioVoiceController } from './twilio-voice.controller.js';
import { TwimlInterceptor } from './twiml.interceptor.js';
import { VoiceTwiml } from './twiml.js';

const SERVICES: readonly Provider[] = [
  Sharing,
  CallOutcomes,
  StreamErrors,
  StreamEnds,
  TwilioCallbacks,
  FrontDesk,
  { provide: CALLER_RATES, useClass: SharedCallerRates },
  OpenStreams,
  PublicUrls,
  StreamTokens,
  TwilioSignatures,
  TwilioSignatureGuard,
  TwimlInterceptor,
  VoiceTwiml,
  TwilioRest,
  TwilioCallControl,
  SealedContext,
  SecondAttempt,
  { provide: CALL_CONTROL, useExisting: TwilioCallControl },
  DEFAULT_ADAPTER_PROVIDER,
];

/** Who takes the upgrades of media streams: the MediaStreamAdapter of `main.ts`, or the module itself. */
export type Upgrades = 'adapter' | 'http-server';

/** Of a module of its own; need TWILIO_VOICE_OPTIONS, CLOCK, STREAM_ACCEPTOR and the ports of `sharing/` beside them. */
export function twilioProviders(upgrades: Upgrades = 'adapter'): Provider[] {
  const gateway = twilioStreamGateway();
  return upgrades === 'adapter'
    ? [...SERVICES, { provide: TwilioStreamGateway, useClass: gateway }]
    : [...SERVICES, withoutAdapter(gateway), HttpServerUpgrades];
}

/** What a factory makes is no gateway to Nest, which would give it a server of the host's own adapter. */
function withoutAdapter(gateway: Type<TwilioStreamGateway>): Provider {
  return {
    provide: TwilioStreamGateway,
    inject: [
      TWILIO_VOICE_OPTIONS,
      OpenStreams,
      TwilioSignatures,
      { token: ApplicationConfig, optional: true },
    ],
    useFactory: (
      options: ResolvedTwilioVoiceOptions,
      streams: OpenStreams,
      signatures: TwilioSignatures,
      application?: ApplicationConfig,
    ) => {
      if (application !== undefined) importedOnce(application);
      return new gateway(options, streams, signatures);
    },
  };
}

/** The host's commands about calls; need CallRegistry and REDACTOR beside the others. */
export const TWILIO_COMMANDS: Provider[] = [DialGuard, TwilioCallsService, CallRecordings];

/** The webhooks' controllers under `basePath`, decorated by the host. */
export function twilioControllers(basePath: string, decorators: readonly ClassDecorator[] = []): Type[] {
  return [twilioVoiceController(basePath), twilioCallbacksController(basePath)].map((controller) =>
    decoratedController(controller, decorators),
  );
}
