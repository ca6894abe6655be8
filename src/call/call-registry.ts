import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { map, type Observable, Subject } from 'rxjs';
import { ConversationService } from '../conversation/conversation.service.js';
import { VOICE_AGENT, type VoiceAgent } from '../conversation/voice-agent.js';
import { CallerSpeech } from '../listening/caller-speech.js';
import {
  VOICE_ACTIVITY_DETECTOR,
  type VoiceActivityDetectorFactory,
} from '../listening/voice-activity-detector.js';
import { Playout } from '../playout/playout.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { Call } from './call.js';
import { CALL_CONTROL, type CallControl } from './call-control.js';
import { CLOCK, type Clock } from './clock.js';
import type { MediaSink, StreamAcceptor, StreamReceiver, StreamStart } from './stream.js';
import type { CallEndReason, VoiceCall } from './voice-call.js';

/** Puts each call together when its stream starts, finds it while it lasts, and lets it go at its end. */
@Injectable()
export class CallRegistry implements StreamAcceptor, OnModuleDestroy {
  private readonly logger = new Logger('TwilioVoice');
  private readonly calls = new Map<string, Call>();
  private readonly started = new Subject<VoiceCall>();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(VOICE_ACTIVITY_DETECTOR) private readonly detector: VoiceActivityDetectorFactory,
    @Inject(VOICE_AGENT) private readonly agent: VoiceAgent,
    @Inject(CALL_CONTROL) private readonly control: CallControl,
    private readonly conversations: ConversationService,
  ) {}

  /** Every call, as its stream starts. */
  get started$(): Observable<VoiceCall> {
    return this.started.asObservable();
  }

  /** Calls in progress. */
  get size(): number {
    return this.calls.size;
  }

  find(callSid: string): VoiceCall | undefined {
    return this.calls.get(callSid);
  }

  accept(start: StreamStart, sink: MediaSink): StreamReceiver {
    const { playout: pacing, conversation: limits } = this.options;
    const playout = new Playout(this.clock, sink, { ...pacing, ...limits });
    const caller = new CallerSpeech(this.detector(), this.clock, () => playout.audible);
    const call = new Call(start, this.clock, playout, caller);
    const end = (reason: CallEndReason) => {
      this.end(call, reason);
    };
    const conversation = this.conversations.open({
      call,
      playout,
      userSpeech$: caller.userSpeech$,
      turns$: caller.utterances$.pipe(
        map(({ onsetMs, endMs }) => ({ transcript: '', durationMs: endMs - onsetMs })),
      ),
      held$: call.held$,
      failed: (error) => {
        this.logger.error(`Call ${call.callSid}: speech failed: ${describe(error)}`);
        call.happened({ type: 'failed', error });
      },
      remembered: (entry) => {
        call.happened({ type: 'history', entry });
      },
      end: (reason) => {
        end(reason);
        void this.release(call, sink, reason);
      },
    });
    const former = this.calls.get(call.callSid);
    if (former !== undefined) this.end(former, 'closed-by-us');
    this.calls.set(call.callSid, call);
    this.started.next(call);
    call.begin(conversation);
    return call.receiver((digit) => {
      this.guarded(call, () => this.agent.onDigit?.(digit, call));
    }, end);
  }

  onModuleDestroy(): void {
    for (const call of [...this.calls.values()]) this.end(call, 'closed-by-us');
  }

  private end(call: Call, reason: CallEndReason): void {
    if (call.hasEnded) return;
    call.end(reason);
    if (this.calls.get(call.callSid) === call) this.calls.delete(call.callSid);
    this.guarded(call, () => this.agent.onCallEnd?.(call));
  }

  /** Ends the telephone call: by REST where it is configured, else by closing the stream, so that the TwiML goes on. */
  private async release(call: Call, sink: MediaSink, reason: 'hung-up' | 'failed'): Promise<void> {
    const done = reason === 'hung-up' && (await this.hungUp(call));
    sink.close(done || reason === 'hung-up' ? 'completed' : 'failed');
  }

  private async hungUp(call: Call): Promise<boolean> {
    try {
      return await this.control.hangUp(call.callSid);
    } catch (error) {
      this.logger.warn(
        `Call ${call.callSid}: hanging up by REST failed, closing the stream: ${describe(error)}`,
      );
      return false;
    }
  }

  /** An agent's callback must not harm the call. */
  private guarded(call: Call, task: () => unknown): void {
    try {
      void Promise.resolve(task()).catch((error: unknown) => {
        this.logger.error(`Call ${call.callSid}: the agent threw: ${describe(error)}`);
      });
    } catch (error) {
      this.logger.error(`Call ${call.callSid}: the agent threw: ${describe(error)}`);
    }
  }
}

/** Anything that could be a telephone number. */
const LONG_NUMBER = /\+?\d[\d\s().-]{5,}\d/g;

/** Name and message, without the stack and without numbers: an error of a vendor's may not be an `Error` of this realm. */
function describe(error: unknown): string {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
  const text =
    typeof message === 'string' ? `${typeof name === 'string' ? name : 'Error'}: ${message}` : String(error);
  return text.replace(LONG_NUMBER, '…');
}
