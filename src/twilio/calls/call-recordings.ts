import { Inject, Injectable } from '@nestjs/common';
import { aboutCall, CallLog } from '../../call/call-log.js';
import { forLog, REDACTOR, type Redactor } from '../../call/redactor.js';
import type { SpeechOutcome } from '../../call/voice-call.js';
import { NoSuchCallError } from '../../sharing/call-bus.js';
import { LiveCalls } from '../../sharing/live-calls.js';
import { PublicUrls } from '../public-urls.js';
import { type RecordingChange, type TwilioRecordings, TwilioRest } from '../twilio-client.js';
import type { RecordingConsent } from './placed-call.js';
import { TwilioCallError, twilioCallError } from './twilio-call-error.js';

const STATUS_EVENTS = ['in-progress', 'completed', 'absent'];
/** The recording that is running. */
const CURRENT = 'Twilio.CURRENT';

/** The caller has not been told: nothing is recorded. */
export class NotAnnouncedError extends Error {
  override readonly name = 'NotAnnouncedError';
}

/** Recordings that Twilio makes. None is ever made unless it is started here. */
@Injectable()
export class CallRecordings {
  private readonly logger = new CallLog();

  constructor(
    @Inject(REDACTOR) private readonly redactor: Redactor,
    private readonly live: LiveCalls,
    private readonly rest: TwilioRest,
    private readonly urls: PublicUrls,
  ) {}

  /**
   * Records a call, both sides on a channel of their own, once the caller has heard that it is recorded. It lasts until
   * {@link stop}, or the end of the call: a transfer does not end it.
   * @returns (resolves) sid of the recording; its states are `recording-status` events
   * @throws (rejects) NotAnnouncedError when the caller did not hear the announcement to its end; TwilioCallError
   */
  async start(callSid: string, consent: RecordingConsent): Promise<string> {
    const recordings = await this.of(callSid);
    await this.obtain(callSid, consent);
    try {
      const { sid } = await recordings.create({
        recordingChannels: 'dual',
        recordingStatusCallback: this.urls.webhook('recording'),
        recordingStatusCallbackEvent: STATUS_EVENTS,
      });
      return sid;
    } catch (error) {
      throw twilioCallError('record the call', error);
    }
  }

  /** Silence takes the place of what is said until {@link resume}: around `VoiceCall.sensitive`, for one. */
  pause(callSid: string): Promise<void> {
    return this.change(callSid, { status: 'paused', pauseBehavior: 'silence' });
  }

  resume(callSid: string): Promise<void> {
    return this.change(callSid, { status: 'in-progress' });
  }

  stop(callSid: string): Promise<void> {
    return this.change(callSid, { status: 'stopped' });
  }

  private async obtain(callSid: string, consent: RecordingConsent): Promise<void> {
    if ('waiver' in consent) {
      if (consent.waiver.trim() === '')
        throw new NotAnnouncedError('A waiver has to say why none is needed.');
      this.logger.log(
        aboutCall({ callSid }),
        `recorded without an announcement: ${forLog(this.redactor, consent.waiver)}`,
      );
      return;
    }
    const { ended, heardMs } = await this.said(callSid, consent.announcement);
    if (ended !== 'played' || heardMs === 0)
      throw new NotAnnouncedError(
        'The caller did not hear the announcement to its end: nothing is recorded.',
      );
  }

  private async said(callSid: string, announcement: string): Promise<SpeechOutcome> {
    if (announcement.trim() === '')
      throw new NotAnnouncedError('An announcement has to say that the call is recorded.');
    try {
      return await this.live.of(callSid).say(announcement);
    } catch (cause) {
      if (cause instanceof NoSuchCallError)
        throw new NotAnnouncedError('The recording cannot be announced: the call has no stream.', { cause });
      throw new NotAnnouncedError('The announcement could not be said: nothing is recorded.', { cause });
    }
  }

  private async change(callSid: string, change: RecordingChange): Promise<void> {
    const recordings = await this.of(callSid);
    try {
      await recordings(CURRENT).update(change);
    } catch (error) {
      throw twilioCallError('change the recording', error);
    }
  }

  private async of(callSid: string): Promise<TwilioRecordings> {
    const recordings = (await this.rest.client())?.calls(callSid).recordings;
    if (recordings === undefined)
      throw new TwilioCallError('not-configured', 'To record a call, accountSid and authToken are needed.');
    return recordings;
  }
}
