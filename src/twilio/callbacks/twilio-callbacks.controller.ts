import {
  Body,
  Controller,
  Headers,
  HttpCode,
  Post,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { TwilioSignatureGuard } from '../signature.guard.js';
import { requiredField } from '../required-field.js';
import { type Form, FORM } from '../webhook-form.js';
import { StreamEnds } from './stream-ends.js';
import { TwilioCallbacks } from './twilio-callbacks.js';

/** A repeated request carries the same. */
const TOKEN = 'i-twilio-idempotency-token';

/** What Twilio tells by HTTP; answered at once, whoever listens. Mount it with {@link twilioCallbacksController}. */
@UseGuards(TwilioSignatureGuard)
export class TwilioCallbacksController {
  constructor(
    private readonly callbacks: TwilioCallbacks,
    private readonly ends: StreamEnds,
  ) {}

  /** State of a call: when it is over, so is its stream. */
  @Post('status')
  @HttpCode(204)
  status(@Body(FORM) form: Form, @Headers(TOKEN) token?: string): void {
    const callSid = requiredField(form, 'CallSid');
    if (this.callbacks.callStatus(callSid, form, token)) this.ends.callOver(callSid);
  }

  /** State of a stream; after an error Twilio may leave the socket open for half a minute. */
  @Post('stream-status')
  @HttpCode(204)
  streamStatus(@Body(FORM) form: Form, @Headers(TOKEN) token?: string): void {
    const callSid = requiredField(form, 'CallSid');
    const streamSid = requiredField(form, 'StreamSid');
    const event = this.callbacks.streamStatus(callSid, streamSid, form, token);
    if (event === 'stopped') this.ends.streamStopped(callSid, streamSid);
    if (event === 'error') this.ends.streamFailed(callSid, streamSid);
  }

  /** Whether a human or a machine answered. */
  @Post('answered-by')
  @HttpCode(204)
  answeredBy(@Body(FORM) form: Form, @Headers(TOKEN) token?: string): void {
    this.callbacks.answeredBy(requiredField(form, 'CallSid'), form, token);
  }

  /** State of a recording. */
  @Post('recording')
  @HttpCode(204)
  recording(@Body(FORM) form: Form, @Headers(TOKEN) token?: string): void {
    this.callbacks.recordingStatus(requiredField(form, 'CallSid'), form, token);
  }
}

/** The controller under a path of the host's choosing; API versioning does not apply to it. */
export function twilioCallbacksController(basePath: string): Type<TwilioCallbacksController> {
  @Controller({ path: basePath, version: VERSION_NEUTRAL })
  class MountedTwilioCallbacksController extends TwilioCallbacksController {}
  return MountedTwilioCallbacksController;
}
