import {
  BadRequestException,
  Body,
  Controller,
  Header,
  HttpCode,
  Post,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { CallOutcomes } from './call-outcomes.js';
import { OpenStreams } from './open-streams.js';
import { TwilioSignatureGuard } from './signature.guard.js';
import { VoiceTwiml } from './twiml.js';

/** A webhook's form. A class would make the host's validation pipe strip what it does not know. */
type Form = Record<string, string>;

const OVER = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);

/** Twilio's webhooks; mount it with {@link twilioVoiceController}. */
@UseGuards(TwilioSignatureGuard)
export class TwilioVoiceController {
  constructor(
    private readonly twiml: VoiceTwiml,
    private readonly streams: OpenStreams,
    private readonly outcomes: CallOutcomes,
  ) {}

  /** A call comes in: connects it to a media stream. */
  @Post('incoming')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml')
  incoming(@Body() form: Form): string {
    const CallSid = required(form, 'CallSid');
    const { From, To, Direction } = form;
    return this.twiml.connect({
      CallSid,
      ...(From === undefined ? {} : { From }),
      ...(To === undefined ? {} : { To }),
      ...(Direction === undefined ? {} : { Direction }),
    });
  }

  /** Status of a call: when it is over, so is its stream. */
  @Post('status')
  @HttpCode(204)
  status(@Body() form: Form): void {
    const callSid = required(form, 'CallSid');
    if (OVER.has(form.CallStatus ?? '')) this.streams.endCall(callSid);
  }

  /** Status of a stream; after an error Twilio may leave the socket open for half a minute. */
  @Post('stream-status')
  @HttpCode(204)
  streamStatus(@Body() form: Form): void {
    required(form, 'CallSid');
    const streamSid = required(form, 'StreamSid');
    if (form.StreamEvent === 'stream-error') this.streams.endStream(streamSid, 'stream-error');
    if (form.StreamEvent === 'stream-stopped') this.streams.endStream(streamSid, 'stop');
  }

  /** The stream is over and the call is not: says why, unless we meant it. */
  @Post('continue')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml')
  continue(@Body() form: Form): string {
    const outcome = this.outcomes.take(required(form, 'CallSid'));
    return outcome === 'completed' ? this.twiml.hangUp() : this.twiml.apologise();
  }
}

/** The controller under a path of the host's choosing; API versioning does not apply to it. */
export function twilioVoiceController(basePath: string): Type<TwilioVoiceController> {
  @Controller({ path: basePath, version: VERSION_NEUTRAL })
  class MountedTwilioVoiceController extends TwilioVoiceController {}
  return MountedTwilioVoiceController;
}

function required(form: Form | undefined, name: string): string {
  const value: unknown = form?.[name];
  if (typeof value !== 'string' || value === '') throw new BadRequestException(`${name} is missing`);
  return value;
}
