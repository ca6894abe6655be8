import {
  Body,
  Controller,
  ForbiddenException,
  Headers,
  HttpCode,
  Post,
  Query,
  type Type,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { FrontDesk, type Reception } from '../limits/front-desk.js';
import { TwilioCallbacks } from './callbacks/twilio-callbacks.js';
import { SealedContext } from './calls/sealed-context.js';
import { CallOutcomes } from './call-outcomes.js';
import { OpenStreams } from './open-streams.js';
import { requiredField } from './required-field.js';
import { AGAIN_QUERY, SecondAttempt } from './second-attempt.js';
import { TwilioSignatureGuard } from './signature.guard.js';
import { TwimlInterceptor } from './twiml.interceptor.js';
import { checkedParameters, type IncomingCall, VoiceTwiml } from './twiml.js';
import { type Form, FORM } from './webhook-form.js';

/** Twilio's webhooks; mount it with {@link twilioVoiceController}. */
@UseGuards(TwilioSignatureGuard)
@UseInterceptors(TwimlInterceptor)
export class TwilioVoiceController {
  constructor(
    private readonly twiml: VoiceTwiml,
    private readonly streams: OpenStreams,
    private readonly outcomes: CallOutcomes,
    private readonly desk: FrontDesk,
    private readonly contexts: SealedContext,
    private readonly callbacks: TwilioCallbacks,
    private readonly second: SecondAttempt,
  ) {}

  /** A call comes in: connects it to a media stream, or refuses it before anything is opened for it. */
  @Post('incoming')
  @HttpCode(200)
  async incoming(@Body(FORM) form: Form): Promise<string> {
    const call = callOf(form);
    if (this.streams.isDraining) {
      this.desk.count('draining');
      return this.twiml.busy(call, form['CallStatus']);
    }
    const reception = await this.received(call);
    if (reception === 'connect') return this.twiml.connect(call);
    if (reception === 'failed') return this.twiml.apologise();
    if (reception === 'busy') return this.twiml.busy(call, form['CallStatus']);
    return 'say' in reception
      ? this.twiml.lastWord(reception.say)
      : this.twiml.connect(call, reception.parameters);
  }

  /** A call of the host's own was picked up: connects it to a media stream, with what the host wants the agent to know. */
  @Post('outgoing')
  @HttpCode(200)
  outgoing(@Body(FORM) form: Form, @Query('context') sealed: unknown): string {
    const call = callOf(form);
    const parameters = typeof sealed === 'string' ? this.contexts.open(sealed) : undefined;
    if (parameters === undefined) throw new ForbiddenException();
    return this.streams.isDraining ? this.twiml.goodbye() : this.twiml.connect(call, parameters);
  }

  /** The stream is over and the call is not: connects it once more if nobody took it, else says why, unless we meant it. */
  @Post('continue')
  @HttpCode(200)
  async continue(@Body(FORM) form: Form, @Query(AGAIN_QUERY) again: unknown): Promise<string> {
    const call = callOf(form);
    const outcome = await this.outcomes.take(call.CallSid);
    if (outcome === 'completed') return this.twiml.hangUp();
    if (outcome === 'limit') return this.twiml.limitReached();
    if (outcome === 'failed') return this.twiml.apologise();
    if (outcome === 'drained' || this.streams.isDraining) return this.twiml.goodbye();
    if (this.streams.isFull) return this.twiml.apologise();
    // A stream that was refused with its handshake has no outcome.
    const parameters = await this.second.open(call.CallSid, again, outcome === 'not-taken');
    return parameters === undefined ? this.twiml.apologise() : this.twiml.connectAgain(call, parameters);
  }

  /** A transfer is over: after a conversation so is the call, else the caller is told. */
  @Post('transferred')
  @HttpCode(200)
  transferred(@Body(FORM) form: Form, @Headers('i-twilio-idempotency-token') token?: string): string {
    const callSid = requiredField(form, 'CallSid');
    return this.callbacks.transferred(callSid, form, token)
      ? this.twiml.hangUp()
      : this.twiml.transferFailed();
  }

  private received(call: IncomingCall): Promise<Reception> {
    const { CallSid: callSid, From: from = '', To: to = '', Direction: direction = 'inbound' } = call;
    return this.desk.receive({ callSid, from, to, direction }, this.streams.isFull, checkedParameters);
  }
}

/** The controller under a path of the host's choosing; API versioning does not apply to it. */
export function twilioVoiceController(basePath: string): Type<TwilioVoiceController> {
  @Controller({ path: basePath, version: VERSION_NEUTRAL })
  class MountedTwilioVoiceController extends TwilioVoiceController {}
  return MountedTwilioVoiceController;
}

function callOf(form: Form): IncomingCall {
  const CallSid = requiredField(form, 'CallSid');
  const { From, To, Direction } = form;
  return {
    CallSid,
    ...(From === undefined ? {} : { From }),
    ...(To === undefined ? {} : { To }),
    ...(Direction === undefined ? {} : { Direction }),
  };
}
