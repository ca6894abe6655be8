import { Inject, Injectable, Optional } from '@nestjs/common';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

/** What is used of one call of the `twilio` package's client. */
export interface TwilioCallResource {
  update(
    change: { status: 'completed' } | { timeLimit: number } | { twiml: string; timeLimit?: number },
  ): Promise<unknown>;
  /** Without it Twilio is not told how long a call may last. */
  fetch?(): Promise<{ readonly startTime?: Date | null }>;
  /** Without it calls are not recorded. */
  readonly recordings?: TwilioRecordings;
}

/** What is used of the recordings of one call; called with a SID it is one recording. */
export interface TwilioRecordings {
  (recordingSid: string): { update(change: RecordingChange): Promise<unknown> };
  create(recording: NewRecording): Promise<{ readonly sid: string }>;
}

/** What may be changed of a recording. */
export interface RecordingChange {
  readonly status: 'paused' | 'in-progress' | 'stopped';
  readonly pauseBehavior?: 'silence' | 'skip';
}

/** A recording to be started, as Twilio's API has it. */
export interface NewRecording {
  readonly recordingChannels: 'dual' | 'mono';
  readonly recordingStatusCallback: string;
  readonly recordingStatusCallbackEvent: string[];
}

/** A call to be placed, as Twilio's API has it. */
export interface NewCall {
  readonly to: string;
  readonly from: string;
  readonly url: string;
  readonly method: 'POST';
  readonly statusCallback: string;
  readonly statusCallbackEvent: string[];
  readonly timeout: number;
  readonly timeLimit?: number;
  readonly machineDetection?: 'Enable' | 'DetectMessageEnd';
  readonly asyncAmd?: 'true';
  readonly asyncAmdStatusCallback?: string;
}

/** What is used of the `twilio` package's client. */
export interface TwilioClient {
  readonly calls: {
    (callSid: string): TwilioCallResource;
    /** Without it no calls are placed. */
    create?(call: NewCall): Promise<{ readonly sid: string; readonly status: string }>;
  };
}

/** DI token of a {@link TwilioClient} of the host's own (another region, a sub-account, a proxy). */
export const TWILIO_CLIENT = Symbol('TWILIO_CLIENT');

/** Twilio's REST client: the host's own, or one of the configured account, loaded with the first request. */
@Injectable()
export class TwilioRest {
  private loaded: Promise<TwilioClient> | undefined;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Optional() @Inject(TWILIO_CLIENT) client?: TwilioClient,
  ) {
    if (client !== undefined) this.loaded = Promise.resolve(client);
  }

  /** @returns (resolves) undefined where REST is not configured */
  async client(): Promise<TwilioClient | undefined> {
    this.loaded ??= this.create();
    return this.loaded;
  }

  private create(): Promise<TwilioClient> | undefined {
    const { accountSid, authTokens } = this.options;
    const [authToken] = authTokens;
    if (accountSid === undefined || authToken === undefined) return undefined;
    // Loaded on demand: the package costs a quarter of a second at start.
    return import('twilio').then(({ default: twilio }) => twilio(accountSid, authToken));
  }
}
