import { Inject, Injectable } from '@nestjs/common';
import { CALL_CONTROL, type CallControl } from '../../call/call-control.js';
import { amidCall, CallLog } from '../../call/call-log.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../../twilio-voice.options.js';
import { OpenStreams } from '../open-streams.js';

/** What a stream that failed at Twilio means: it ends at once, and its call as the options say. */
@Injectable()
export class StreamErrors {
  private readonly logger = new CallLog();

  constructor(
    private readonly streams: OpenStreams,
    @Inject(CALL_CONTROL) private readonly control: Pick<CallControl, 'hangUp'>,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
  ) {}

  /** Never rejects. */
  async failed(callSid: string, streamSid: string): Promise<void> {
    // Twilio takes it for an error too when we close a stream, and its call may be at its last word, or go on.
    const isOver = this.streams.isOver(streamSid);
    if (typeof isOver === 'boolean' ? isOver : await isOver) return;
    this.streams.endStream(streamSid, 'stream-error');
    if (this.options.onStreamError === 'hang-up') await this.hangUp(callSid, streamSid);
  }

  /** Without REST the verb behind the stream apologises and hangs up. */
  private async hangUp(callSid: string, streamSid: string): Promise<void> {
    try {
      await this.control.hangUp(callSid);
    } catch (error) {
      const { name } = Object(error) as { name?: unknown };
      this.logger.error(
        amidCall({ callSid, streamSid }),
        `A call whose stream failed could not be hung up by REST: ${typeof name === 'string' ? name : typeof error}`,
      );
    }
  }
}
