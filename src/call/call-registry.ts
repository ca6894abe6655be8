import { Inject, Injectable, Logger, Optional, type OnModuleDestroy } from '@nestjs/common';
import { map, type Observable, skip, Subject, switchMap } from 'rxjs';
import { VoiceAgents } from '../conversation/agents/voice-agents.js';
import type { Conversation } from '../conversation/conversation.js';
import { ConversationService } from '../conversation/conversation.service.js';
import type { VoiceAgent } from '../conversation/voice-agent.js';
import { CallLimiter } from '../limits/call-limiter.js';
import { CallerSpeech } from '../listening/caller-speech.js';
import { CallerWords } from '../listening/caller-words.js';
import { FarEnd } from '../listening/far-end.js';
import { TRANSCRIBER, type Transcriber, TranscriberFailedError } from '../listening/transcriber.js';
import {
  VOICE_ACTIVITY_DETECTOR,
  type VoiceActivityDetectorFactory,
} from '../listening/voice-activity-detector.js';
import { turnGuesses } from '../listening/turn-guesses.js';
import { Playout } from '../playout/playout.js';
import { SpeechStalledError } from '../playout/settled-utterance.js';
import { SpeechFailedError } from '../tts/voice.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { Call } from './call.js';
import { CALL_CONTROL, type CallControl } from './call-control.js';
import { aboutCall, CallLog } from './call-log.js';
import { inScope } from './call-scope.js';
import { CallScopes } from './call-scopes.js';
import { drainCalls } from './drain-calls.js';
import { closingMs } from './drain.options.js';
import { heardBy } from './far-end-sink.js';
import { Handover } from './handover.js';
import { CLOCK, type Clock } from './clock.js';
import { forLog, REDACTOR, type Redactor, StandardRedactor } from './redactor.js';
import { withheldError, withoutError } from './sensitive/withheld.js';
import type { MediaSink, StreamAcceptor, StreamReceiver, StreamStart } from './stream.js';
import { SuccessiveStreams } from './successive-streams.js';
import { within } from './within.js';
import type { CallEndReason, VoiceCall } from './voice-call.js';

/** A telephone network that has not answered by then is not waited for, ms. */
const REST_MS = 3_000;
/** The stream of a call that was transferred is left to the telephone network for so long, ms. */
const LEFT_MS = 15_000;
/** The telephone network ends a call so long after our own limit, which says goodbye first, ms. */
const AFTER_LIMIT_MS = 60_000;

/** Says nothing: a call that no agent is for is closed at once. */
const NOBODY: VoiceAgent = { reply: () => '' };

/** Puts each call together when its stream starts, finds it while it lasts, and lets it go at its end. */
@Injectable()
export class CallRegistry implements StreamAcceptor, OnModuleDestroy {
  private readonly logger = new Logger('TwilioVoice');
  private readonly callLog = new CallLog();
  private readonly calls = new Map<string, Call>();
  /** Ends of calls that the telephone network is being told of. */
  private readonly releasing = new Set<Promise<void>>();
  private draining: Promise<void> | undefined;
  private readonly sinks = new WeakMap<Call, SuccessiveStreams>();
  private readonly answering = new WeakMap<Call, VoiceAgent>();
  private readonly started = new Subject<VoiceCall>();
  /** What was told: a refused key is one error and not one per call. */
  private readonly told = new Set<string>();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(VOICE_ACTIVITY_DETECTOR) private readonly detector: VoiceActivityDetectorFactory,
    @Inject(VoiceAgents) private readonly agents: Pick<VoiceAgents, 'of'>,
    @Inject(CALL_CONTROL) private readonly control: CallControl,
    private readonly conversations: ConversationService,
    @Optional() @Inject(TRANSCRIBER) private readonly transcriber?: Transcriber,
    @Optional() @Inject(REDACTOR) private readonly redactor: Redactor = new StandardRedactor(),
    @Optional() @Inject(CallScopes) private readonly scopes: CallScopes = new CallScopes(),
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

  accept(start: StreamStart, stream: MediaSink): StreamReceiver {
    const former = this.calls.get(start.callSid);
    if (former?.isAway === true) return this.returned(former, start, stream);
    const sink = new SuccessiveStreams(stream);
    const { playout: pacing, conversation: limits, listening } = this.options;
    const farEnd = new FarEnd();
    const playout = new Playout(this.clock, heardBy(farEnd, sink, this.clock), { ...pacing, ...limits });
    const caller = new CallerSpeech(this.detector(), this.clock, listening, () => playout.audible, farEnd);
    const words = this.words(start);
    const call = new Call(start, this.clock, playout, caller, words);
    this.scopes.surround(call, start);
    const chosen = this.agents.of(call);
    const agent = chosen?.agent ?? NOBODY;
    const limiter = this.limiter(call, playout);
    const end = (reason: CallEndReason) => {
      this.end(call, reason);
    };
    const conversation = this.conversations.open(agent, {
      call,
      playout,
      userSpeech$: caller.userSpeech$,
      guesses$: turnGuesses(caller, words),
      turns$: caller.utterances$.pipe(
        switchMap(({ durationMs, lastSampleAtMs }) =>
          call.turnWords().pipe(map((transcript) => ({ transcript, durationMs, lastSampleAtMs }))),
        ),
      ),
      held$: call.held$,
      turned: (turn) => {
        call.happened({ type: 'turn', ...turn });
      },
      stepped: (step) => {
        call.happened({ type: 'answer', step });
      },
      spoken: (characters) => {
        call.spoke(characters);
        limiter.spoken(characters);
      },
      sounding: (answer) => {
        call.happened({ type: 'agent-sounding', ...(answer === undefined ? {} : { answer }) });
      },
      accounted: (account, answer) => {
        const told = call.wasSensitive ? withoutError(account) : account;
        call.happened({ type: 'agent-settled', account: told, ...(answer === undefined ? {} : { answer }) });
      },
      failed: (error) => {
        this.complain(call, 'speech failed', error);
        call.happened({ type: 'failed', error: call.wasSensitive ? withheldError(error) : error });
      },
      remembered: (entry) => {
        call.happened({ type: 'history', entry });
      },
      end: (reason, outcome) => {
        end(reason);
        const own = reason === 'limit' || reason === 'drained' ? reason : 'failed';
        void this.release(call, sink, outcome === 'failed' ? own : outcome);
      },
    });
    if (former !== undefined) this.superseded(former);
    this.calls.set(call.callSid, call);
    this.sinks.set(call, sink);
    this.answering.set(call, agent);
    call.attach(conversation, this.handover(call, conversation, caller, sink), chosen?.name);
    this.started.next(call);
    void this.limitAtNetwork(call);
    if (chosen === undefined) {
      call.happened({ type: 'failed', error: new NoAgentError('No agent is for this call.') });
      conversation.closeWith(this.options.conversation.closing, 'failed');
    } else conversation.greet();
    return this.receiver(call);
  }

  /** Whether that call is here and waits for its next stream. */
  isAwaited(callSid: string): boolean {
    return this.calls.get(callSid)?.isAway === true;
  }

  /** One call says its sentence to the end and goodbye, as in {@link drain}. */
  drainCall(callSid: string): void {
    this.calls.get(callSid)?.drain(this.options.drain.goodbye);
  }

  over(callSid: string): void {
    const call = this.calls.get(callSid);
    if (call !== undefined) this.end(call, 'stop');
  }

  /** The call goes on at another instance: here it is over, and what follows it is not ours to say. */
  displaced(call: VoiceCall): void {
    const own = this.calls.get(call.callSid);
    if (own !== undefined && own === call) this.superseded(own);
  }

  private superseded(former: Call): void {
    this.end(former, 'closed-by-us');
    this.sinks.get(former)?.close();
  }

  /** The call goes on with a stream that follows another one. */
  private returned(call: Call, { streamSid }: StreamStart, stream: MediaSink): StreamReceiver {
    this.sinks.get(call)?.follow(stream);
    const receiver = this.receiver(call);
    call.returned(streamSid);
    return receiver;
  }

  private receiver(call: Call): StreamReceiver {
    return call.receiver(
      (digit) => {
        this.guarded(call, () => this.answering.get(call)?.onDigit?.(digit, call));
      },
      (reason) => {
        this.end(call, reason);
      },
    );
  }

  private handover(call: Call, conversation: Conversation, caller: CallerSpeech, sink: MediaSink): Handover {
    return new Handover({
      callSid: call.callSid,
      parameters: call.parameters,
      clock: this.clock,
      control: this.control,
      targets: this.options.transfers,
      quiet: () => conversation.quiet(),
      speaking$: caller.speaking$.pipe(skip(1)),
      hold: (held) => {
        call.held$.next(held);
      },
      left: () => {
        this.end(call, 'transferred');
        // The network closes the stream itself: if we did, it might go on with the verb after the stream first.
        this.clock.after(LEFT_MS, () => {
          sink.close();
        });
      },
      lost: () => {
        this.end(call, 'socket-closed');
        sink.close('failed'); // the network may have left the stream as it was: nobody is to wait on a silent line
      },
    });
  }

  /** Before what the agent injects is gone. */
  onModuleDestroy(): Promise<void> {
    return this.drain();
  }

  drain(): Promise<void> {
    return (this.draining ??= this.drained());
  }

  private async drained(): Promise<void> {
    const { drain } = this.options;
    const calls = [...this.calls.values()];
    if (calls.length > 0)
      this.logger.log(`Shutting down: calls in progress: ${calls.length}, ended within ${drain.graceMs} ms`);
    await drainCalls(calls, drain, this.clock, (call) => {
      this.end(call, 'drained');
      this.sinks.get(call)?.close('drained');
    });
    if (this.releasing.size > 0)
      await within(
        Promise.all(this.releasing).then(() => undefined),
        closingMs(drain.graceMs),
        this.clock,
        () => undefined,
      );
  }

  private limiter(call: Call, playout: Playout): CallLimiter {
    const { limits, conversation } = this.options;
    const closeAfterLimit = (limit: string, goodbye: string) => {
      this.callLog.warn(aboutCall(call), `limits.${limit} is reached, the call is closed`);
      call.closeAfterLimit(limit, goodbye);
    };
    const limited = { events$: call.events$, isAudible: () => playout.audible, closeAfterLimit };
    return new CallLimiter(limited, this.clock, limits, conversation.limitReached);
  }

  /** A second net under our own timer, which goes with this process. A call that the host made has the host's limit. */
  private async limitAtNetwork(call: Call): Promise<void> {
    const { callMs } = this.options.limits;
    if (callMs === Infinity || call.parameters['direction']?.startsWith('outbound') === true) return;
    try {
      await this.control.endWithin?.(call.callSid, callMs + AFTER_LIMIT_MS, this.clock.epoch());
    } catch (error) {
      if (call.hasEnded) return;
      const { name, code } = describe(error);
      const kind = forLog(this.redactor, `${name}${code}`);
      this.tell(call, `limits.callMs was not set at the telephone network: ${kind}`);
    }
  }

  private words(start: StreamStart): CallerWords | undefined {
    if (this.transcriber === undefined) return undefined;
    const { name } = this.transcriber;
    return new CallerWords(this.transcriber, this.clock, this.options.transcription, (error) => {
      const what = error instanceof TranscriberFailedError ? error.message : describe(error).name;
      this.tell(start, `${name} gave up, turns have no words from now on: ${what}`);
    });
  }

  /** The same fault in every call is one error. */
  private tell(call: Pick<VoiceCall, 'callSid' | 'streamSid'>, problem: string): void {
    const line = forLog(this.redactor, problem);
    if (this.told.has(line)) this.callLog.debug(aboutCall(call), line);
    else this.callLog.error(aboutCall(call), line);
    this.told.add(line);
  }

  private end(call: Call, reason: CallEndReason): void {
    if (call.hasEnded) return;
    for (const fault of call.end(reason)) this.complain(call, 'its end could not be told', fault);
    if (this.calls.get(call.callSid) === call) this.calls.delete(call.callSid);
    this.guarded(call, () => this.answering.get(call)?.onCallEnd?.(call));
  }

  /** Ends the telephone call: by REST where it is configured, else by closing the stream, so that the TwiML goes on. */
  private release(...end: Parameters<CallRegistry['released']>): Promise<void> {
    const release = this.released(...end).finally(() => this.releasing.delete(release));
    this.releasing.add(release);
    return release;
  }

  private async released(
    call: Call,
    sink: MediaSink,
    outcome: 'completed' | 'failed' | 'limit' | 'drained',
  ): Promise<void> {
    const isOver =
      outcome === 'completed' && (await within(this.hungUp(call), REST_MS, this.clock, () => false));
    sink.close(isOver ? undefined : outcome); // of a call that is over nobody asks what comes next
  }

  private async hungUp(call: Call): Promise<boolean> {
    try {
      return await this.control.hangUp(call.callSid);
    } catch (error) {
      this.complain(call, 'hanging up by REST failed, the stream is closed instead', error);
      return false;
    }
  }

  /** An agent's callback must not harm the call. */
  private guarded(call: Call, task: () => unknown): void {
    const complain = (error: unknown) => {
      this.complain(call, 'the agent threw', error);
    };
    try {
      void Promise.resolve(inScope({ call }, task)).catch(complain);
    } catch (error) {
      complain(error);
    }
  }

  /**
   * Others' messages may hold anything, a caller's words included: they are for the debug level only, and for no level
   * once the call was sensitive.
   */
  private complain(call: Call, what: string, error: unknown): void {
    const { name, code, message } = describe(error);
    const kind = forLog(this.redactor, `${name}${code}`);
    const shown = forLog(this.redactor, message);
    const isOurs = error instanceof SpeechStalledError || error instanceof SpeechFailedError;
    const subject = aboutCall(call);
    this.callLog.error(subject, `${what}: ${kind}${isOurs ? `: ${shown}` : ''}`);
    if (!isOurs && !call.wasSensitive) this.callLog.debug(subject, `${kind}: ${shown}`);
  }
}

/** Whom to ask is not known. */
class NoAgentError extends Error {
  override readonly name = 'NoAgentError';
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
