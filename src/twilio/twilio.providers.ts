import type { Provider, Type } from '@nestjs/common';
import { CALL_CONTROL } from '../call/call-control.js';
import { CALLER_RATES, MemoryCallerRates } from '../limits/caller-rates.js';
import { FrontDesk } from '../limits/front-desk.js';
import { StreamErrors } from './callbacks/stream-errors.js';
import { twilioCallbacksController } from './callbacks/twilio-callbacks.controller.js';
import { TwilioCallbacks } from './callbacks/twilio-callbacks.js';
import { CallOutcomes } from './call-outcomes.js';
import { OpenStreams } from './open-streams.js';
import { TwilioSignatureGuard } from './signature.guard.js';
import { TwilioSignatures } from './signature.js';
import { StreamTokens } from './stream-token.js';
import { TwilioCallControl } from './twilio-rest.js';
import { TwilioStreamGateway } from './twilio-stream.gateway.js';
import { twilioVoiceController } from './twilio-voice.controller.js';
import { VoiceTwiml } from './twiml.js';

/** Needs TWILIO_VOICE_OPTIONS, CLOCK and STREAM_ACCEPTOR beside it. */
export const TWILIO_PROVIDERS: Provider[] = [
  CallOutcomes,
  StreamErrors,
  TwilioCallbacks,
  FrontDesk,
  { provide: CALLER_RATES, useClass: MemoryCallerRates },
  OpenStreams,
  StreamTokens,
  TwilioSignatures,
  TwilioSignatureGuard,
  TwilioStreamGateway,
  VoiceTwiml,
  TwilioCallControl,
  { provide: CALL_CONTROL, useExisting: TwilioCallControl },
];

/** The webhooks' controllers under `basePath`. */
export function twilioControllers(basePath: string): Type[] {
  return [twilioVoiceController(basePath), twilioCallbacksController(basePath)];
}
