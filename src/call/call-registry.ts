import { Inject, Injectable, Logger, Optional, type OnModuleDestroy } from '@nestjs/common';
import { map, type Observable, of, Subject, switchMap } from 'rxjs';
import { ConversationService } from '../conversation/conversation.service.js';
import { VOICE_AGENT, type VoiceAgent } from '../conversation/voice-agent.js';
import { CallerSpeech } from '../listening/caller-speech.js';
import { CallerWords } from '../listening/caller-words.js';
import { FarEnd } from '../listening/far-end.js';
import { TRANSCRIBER, type Transcriber, TranscriberFailedError } from '../listening/transcriber.js';
import {
  VOICE_ACTIVITY_DETECTOR,
  type VoiceActivityDetectorFactory,
} from '../listening/voice-activity-detector.js';
import { Playout } from '../playout/playout.js';
import { SpeechStalledError } from '../playout/settled-utterance.js';
import { SpeechFailedError } from '../tts/voice.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { Call } from './call.js';
import { CALL_CONTROL, type CallControl } from './call-control.js';
import { heardBy } from './far-end-sink.js';
import { type CancelTimer, CLOCK, type Clock } from './clock.js';
import type { MediaSink, StreamAcceptor, StreamReceiver, StreamStart } from './stream.js';
import type { CallEndReason, VoiceCall } from './voice-call.js';

/** A telephone network that has not answered by then is not waited for, ms. */
const REST_MS = 3_000;

/** Puts each call together when its stream starts, finds it while it lasts, and lets it go at its end. */
@Injectable()
export class CallRegistry implements StreamAcceptor, OnModuleDestroy {
  private readonly logger = new Logger('TwilioVoice');
  private readonly calls = new Map<string, Call>();
  private readonly sinks = new WeakMap<Call, MediaSink>();
  private readonly started = new Subject<VoiceCall>();
  /** What was told of transcribers that gave up: a refused key is one error and not one per call. */
  private readonly told = new Set<string>();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(VOICE_ACTIVITY_DETECTOR) private readonly detector: VoiceActivityDetectorFactory,
    @Inject(VOICE_AGENT) private readonly agent: VoiceAgent,
    @Inject(CALL_CONTROL) private readonly control: CallControl,
    private readonly conversations: ConversationService,
    @Optional() @Inject(TRANSCRIBER) private readonly transcriber?: Transcriber,
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
    const { playout: pacing, conversation: limits, listening } = this.options;
    const farEnd = new FarEnd();
    const playout = new Playout(this.clock, heardBy(farEnd, sink, this.clock), { ...pacing, ...limits });
    const caller = new CallerSpeech(this.detector(), this.clock, listening, () => playout.audible, farEnd);
    const words = this.words(start);
    const call = new Call(start, this.clock, playout, caller, words);
    const end = (reason: CallEndReason) => {
      this.end(call, reason);
    };
    const conversation = this.conversations.open({
      call,
      playout,
      userSpeech$: caller.userSpeech$,
      turns$: caller.utterances$.pipe(
        switchMap(({ durationMs }) =>
          (words?.take() ?? of('')).pipe(map((transcript) => ({ transcript, durationMs }))),
        ),
      ),
      held$: call.held$,
      sounding: () => {
        call.happened({ type: 'agent-sounding' });
      },
      accounted: (account) => {
        call.happened({ type: 'agent-settled', account });
      },
      failed: (error) => {
        this.complain(call, 'speech failed', error);
        call.happened({ type: 'failed', error });
      },
      remembered: (entry) => {
        call.happened({ type: 'history', entry });
      },
      end: (reason, outcome) => {
        end(reason);
        void this.release(call, sink, outcome);
      },
    });
    const former = this.calls.get(call.callSid);
    if (former !== undefined) {
      this.end(former, 'closed-by-us');
      this.sinks.get(former)?.close();
    }
    this.calls.set(call.callSid, call);
    this.sinks.set(call, sink);
    call.attach(conversation);
    this.started.next(call);
    conversation.greet();
    return call.receiver((digit) => {
      this.guarded(call, () => this.agent.onDigit?.(digit, call));
    }, end);
  }

  onModuleDestroy(): void {
    for (const call of [...this.calls.values()]) this.end(call, 'closed-by-us');
  }

  private words({ callSid }: StreamStart): CallerWords | undefined {
    if (this.transcriber === undefined) return undefined;
    const { name } = this.transcriber;
    return new CallerWords(this.transcriber, this.clock, this.options.transcription, (error) => {
      const what = error instanceof TranscriberFailedError ? error.message : describe(error).name;
      const line = `${name} gave up, turns have no words from now on: ${what}`;
      if (this.told.has(line)) this.logger.debug(`Call ${callSid}: ${line}`);
      else this.logger.error(`Call ${callSid}: ${line}`);
      this.told.add(line);
    });
  }

  private end(call: Call, reason: CallEndReason): void {
    if (call.hasEnded) return;
    call.end(reason);
    if (this.calls.get(call.callSid) === call) this.calls.delete(call.callSid);
    this.guarded(call, () => this.agent.onCallEnd?.(call));
  }

  /** Ends the telephone call: by REST where it is configured, else by closing the stream, so that the TwiML goes on. */
  private async release(call: Call, sink: MediaSink, outcome: 'completed' | 'failed'): Promise<void> {
    if (outcome === 'completed') {
      const { late, cancel } = this.deadline(REST_MS);
      await Promise.race([this.hungUp(call), late]);
      cancel();
    }
    sink.close(outcome);
  }

  private async hungUp(call: Call): Promise<void> {
    try {
      await this.control.hangUp(call.callSid);
    } catch (error) {
      this.complain(call, 'hanging up by REST failed, the stream is closed instead', error);
    }
  }

  private deadline(ms: number): { late: Promise<void>; cancel: CancelTimer } {
    let cancel: CancelTimer = () => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.clock.after(ms, resolve);
    });
    return { late, cancel };
  }

  /** An agent's callback must not harm the call. */
  private guarded(call: Call, task: () => unknown): void {
    const complain = (error: unknown) => {
      this.complain(call, 'the agent threw', error);
    };
    try {
      void Promise.resolve(task()).catch(complain);
    } catch (error) {
      complain(error);
    }
  }

  /** Others' messages may hold anything, a caller's words included: they are for the debug level only. */
  private complain(call: Call, what: string, error: unknown): void {
    const { name, code, message } = describe(error);
    const isOurs = error instanceof SpeechStalledError || error instanceof SpeechFailedError;
    const ours = isOurs ? `: ${error.message}` : '';
    this.logger.error(`Call ${call.callSid}: ${what}: ${name}${code}${ours}`);
    if (ours === '') this.logger.debug(`Call ${call.callSid}: ${name}${code}: ${message}`);
  }
}

/** An error of another realm is no `Error` of this one, and what is thrown may be anything at all. */
function describe(error: unknown): { name: string; code: string; message: string } {
  const { name, code, message } = Object(error) as { name?: unknown; code?: unknown; message?: unknown };
  return {
    name: typeof name === 'string' ? name : typeof error,
    code: typeof code === 'string' || typeof code === 'number' ? ` ${code}` : '',
    message: typeof message === 'string' ? message : '',
  };
}
