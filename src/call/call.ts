import {
  BehaviorSubject,
  combineLatest,
  filter,
  firstValueFrom,
  type Observable,
  of,
  skip,
  Subject,
} from 'rxjs';
import type { Conversation } from '../conversation/conversation.js';
import type { HistoryEntry } from '../conversation/history.js';
import type { Reply } from '../conversation/reply.js';
import type { CallerSpeech } from '../listening/caller-speech.js';
import type { CallerWords } from '../listening/caller-words.js';
import type { Playout } from '../playout/playout.js';
import type { VoiceOptions } from '../tts/voice.js';
import type { Clock } from './clock.js';
import { faultsOf } from './faults-of.js';
import type { Handover } from './handover.js';
import type { TransferTarget } from './handover.options.js';
import { LineSuccession } from './line-succession.js';
import { Discretion } from './sensitive/discretion.js';
import { NOT_RECORDED, type SensitiveKeys } from './sensitive/sensitive.js';
import type { StreamReceiver, StreamStart } from './stream.js';
import { within } from './within.js';
import type { CallEndReason, CallEvent, CallReport, SpeechOutcome, VoiceCall } from './voice-call.js';

type Happening = CallEvent extends infer Event
  ? Event extends { atMs: number }
    ? Omit<Event, 'atMs'>
    : never
  : never;

/** A caller who talks on while the application is to shut down is heard out for so long, ms. */
const HEARD_OUT_MS = 4_000;

/** One call from `start` to its end: everything that belongs to it hangs on this object and goes with it. */
export class Call implements VoiceCall {
  readonly callSid: string;
  readonly accountSid: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly held$ = new BehaviorSubject(false);
  #streamSid: string;
  #agent: string | undefined;
  readonly #clock: Clock;
  readonly #playout: Playout;
  readonly #caller: CallerSpeech;
  readonly #words: CallerWords | undefined;
  readonly #events = new Subject<CallEvent>();
  readonly #discretion: Discretion;
  readonly #lines = new LineSuccession();
  #conversation: Conversation | undefined;
  #handover: Handover | undefined;
  #ended = false;
  /** What is to be told behind the event that brought it about. */
  readonly #heldBack: CallEvent[] = [];
  #holdsBack = false;
  /** Handed to the voice and not reported yet. */
  #characters = 0;

  constructor(
    start: StreamStart,
    clock: Clock,
    playout: Playout,
    caller: CallerSpeech,
    words: CallerWords | undefined,
  ) {
    this.callSid = start.callSid;
    this.#streamSid = start.streamSid;
    this.accountSid = start.accountSid;
    this.parameters = start.parameters;
    this.#clock = clock;
    this.#playout = playout;
    this.#caller = caller;
    this.#words = words;
    this.#discretion = new Discretion(clock, {
      began: () => {
        words?.withhold();
        this.happened({ type: 'sensitive-started' });
      },
      ended: () => {
        words?.release();
        this.happened({ type: 'sensitive-stopped' });
      },
    });
  }

  /** Of the stream that carries the call now. */
  get streamSid(): string {
    return this.#streamSid;
  }

  get agent(): string | undefined {
    return this.#agent;
  }

  get events$(): Observable<CallEvent> {
    return this.#events.asObservable();
  }

  get history(): readonly HistoryEntry[] {
    return this.#conversation?.history ?? [];
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  say(text: Reply, voice?: VoiceOptions): Promise<SpeechOutcome> {
    return this.#conversation?.say(text, voice) ?? Promise.reject(new Error('The call has not begun.'));
  }

  speakAs(voice: VoiceOptions): void {
    this.#conversation?.speakAs(voice);
  }

  interrupt(): void {
    this.#conversation?.interrupt();
  }

  hangUp(): Promise<void> {
    return this.#conversation?.hangUp() ?? Promise.resolve();
  }

  transfer(to: string | TransferTarget): Promise<void> {
    return this.#handover?.transfer(to) ?? Promise.reject(new Error('The call has not begun.'));
  }

  sendDigits(keys: string): Promise<void> {
    return this.#handover?.sendDigits(keys) ?? Promise.reject(new Error('The call has not begun.'));
  }

  /** Whether a new stream of this call is to follow. */
  get isAway(): boolean {
    return this.#handover?.isAway === true;
  }

  /** A new stream carries the call from now on. */
  returned(streamSid: string): void {
    this.#streamSid = streamSid;
    this.#handover?.returned();
  }

  sensitive<T>(task: (keys: SensitiveKeys) => T | Promise<T>): Promise<T> {
    return this.#discretion.during((keys) => {
      this.#conversation?.withhold();
      return task(keys);
    });
  }

  get isSensitive(): boolean {
    return this.#discretion.running;
  }

  get wasSensitive(): boolean {
    return this.#discretion.hasBegun;
  }

  /** Text was handed to the voice. */
  spoke(characters: number): void {
    this.#characters += characters;
  }

  /** The words of the caller's turn that is over. */
  turnWords(): Observable<string> {
    const isWithheld = this.#discretion.turn();
    if (this.#words === undefined) return of('');
    if (!isWithheld) return this.#words.take();
    this.#words.drop();
    return of(NOT_RECORDED);
  }

  /** Also while the call is being torn down: what is cut off then tells what it has cost. */
  report(report: CallReport): void {
    this.happened(report);
  }

  /** Says a last word, which nobody interrupts, then ends the call as `limit`. */
  closeAfterLimit(limit: string, goodbye: string): void {
    if (this.#ended) return;
    this.happened({ type: 'limit', limit });
    this.#conversation?.closeWith(goodbye);
  }

  /** Lets the sentence being said be heard, begins no other, says goodbye, then ends the call as `drained`. */
  drain(goodbye: string): void {
    void this.#conversation?.drain(goodbye, () => this.#callerIsDone());
  }

  /** Resolves when the caller is silent and not about to be connected with somebody else; in time in any case. */
  #callerIsDone(): Promise<unknown> {
    const busy$ = combineLatest([this.#caller.speaking$, this.held$]);
    const done = firstValueFrom(busy$.pipe(filter(([speaking, held]) => !speaking && !held)), {
      defaultValue: undefined,
    });
    return within<unknown>(done, HEARD_OUT_MS, this.#clock, () => undefined);
  }

  /**
   * Makes the conversation that was opened for this call its own: from now on the call can speak.
   * @param agent name of the agent that was chosen
   */
  attach(conversation: Conversation, handover: Handover, agent?: string): void {
    this.#agent = agent;
    this.#conversation = conversation;
    this.#handover = handover;
    this.#caller.speaking$.pipe(skip(1)).subscribe((speaking) => {
      this.#holdsBack = speaking; // without network, the cut is settled already
      try {
        if (speaking) conversation.giveWay(); // before anybody is told
      } finally {
        this.#holdsBack = false;
      }
      this.#discretion.speaking(speaking);
      if (speaking) this.happened({ type: 'caller-started', onsetAtMs: this.#caller.onsetAtMs });
      else this.happened({ type: 'caller-stopped' });
      this.#tellHeldBack();
    });
    this.#caller.pauses$.subscribe((pause) => {
      if (pause !== undefined) this.#words?.commit();
    });
    this.#words?.transcripts$.subscribe((transcript) => {
      this.#caller.hint(this.#words?.hint);
      this.happened({ type: 'transcript', transcript });
    });
    conversation.open();
  }

  /** The wire's side of this call; a new one takes the place of the one before. */
  receiver(onDigit: (digit: string) => void, onEnd: (reason: CallEndReason) => void): StreamReceiver {
    return this.#lines.next(this.#clock, {
      audio: (mulaw, timestampMs) => {
        if (this.#ended) return;
        this.#words?.audio(mulaw); // first: a commit that follows is to cover it
        this.#caller.audio(mulaw, timestampMs);
      },
      mark: (name) => {
        this.#playout.echoed(name);
      },
      digit: (digit) => {
        if (this.#ended) return;
        if (this.#discretion.key(digit)) {
          this.happened({ type: 'withheld-key' });
          return;
        }
        this.happened({ type: 'digit', digit });
        onDigit(digit);
      },
      ended: (reason) => {
        if (this.#handover?.survives() !== true) onEnd(reason);
      },
    });
  }

  /**
   * Tears everything down; later calls do nothing.
   * @returns what voices and transcribers threw as they were let go: the call is over all the same
   */
  end(reason: CallEndReason): unknown[] {
    if (this.#ended) return [];
    this.#ended = true;
    this.#tellHeldBack(); // whoever heard of an event may have ended the call
    this.#discretion.close();
    this.#handover?.close();
    const faults = faultsOf([
      () => {
        this.#conversation?.end();
      },
      () => {
        this.#caller.close();
      },
      () => {
        this.#words?.close();
      },
    ]);
    this.#reportSpeech();
    const transcribedMs = this.#words?.givenMs ?? 0;
    if (transcribedMs > 0)
      this.happened({ type: 'usage', usage: { kind: 'transcription', ms: transcribedMs } });
    this.happened({ type: 'ended', reason });
    this.#events.complete();
    this.held$.complete();
    return faults;
  }

  happened(event: Happening): void {
    const told = { ...event, atMs: this.#clock.now() };
    if (this.#holdsBack) this.#heldBack.push(told);
    else this.#events.next(told);
    if (event.type === 'agent-settled') this.#reportSpeech();
  }

  #tellHeldBack(): void {
    for (const event of this.#heldBack.splice(0)) this.#events.next(event);
  }

  /** Once for each utterance, and not for each of its words. */
  #reportSpeech(): void {
    const characters = this.#characters;
    this.#characters = 0;
    if (characters > 0) this.happened({ type: 'usage', usage: { kind: 'speech', characters } });
  }
}
