import { BehaviorSubject, type Observable, skip, Subject } from 'rxjs';
import type { Conversation } from '../conversation/conversation.js';
import type { HistoryEntry } from '../conversation/history.js';
import type { Reply } from '../conversation/reply.js';
import type { CallerSpeech } from '../listening/caller-speech.js';
import type { CallerWords } from '../listening/caller-words.js';
import type { Playout } from '../playout/playout.js';
import type { VoiceOptions } from '../tts/voice.js';
import type { Clock } from './clock.js';
import type { StreamReceiver, StreamStart } from './stream.js';
import type { CallEndReason, CallEvent, CallReport, SpeechOutcome, VoiceCall } from './voice-call.js';

type Happening = CallEvent extends infer Event
  ? Event extends { atMs: number }
    ? Omit<Event, 'atMs'>
    : never
  : never;

/** One call from `start` to its end: everything that belongs to it hangs on this object and goes with it. */
export class Call implements VoiceCall {
  readonly callSid: string;
  readonly streamSid: string;
  readonly accountSid: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly held$ = new BehaviorSubject(false);
  readonly #clock: Clock;
  readonly #playout: Playout;
  readonly #caller: CallerSpeech;
  readonly #words: CallerWords | undefined;
  readonly #events = new Subject<CallEvent>();
  #conversation: Conversation | undefined;
  #ended = false;

  constructor(
    start: StreamStart,
    clock: Clock,
    playout: Playout,
    caller: CallerSpeech,
    words: CallerWords | undefined,
  ) {
    this.callSid = start.callSid;
    this.streamSid = start.streamSid;
    this.accountSid = start.accountSid;
    this.parameters = start.parameters;
    this.#clock = clock;
    this.#playout = playout;
    this.#caller = caller;
    this.#words = words;
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

  report(report: CallReport): void {
    if (!this.#ended) this.happened(report);
  }

  /** Says a last word, which nobody interrupts, then ends the call as `limit`. */
  closeAfterLimit(limit: string, goodbye: string): void {
    if (this.#ended) return;
    this.happened({ type: 'limit', limit });
    this.#conversation?.closeWith(goodbye);
  }

  /** Makes the conversation that was opened for this call its own: from now on the call can speak. */
  attach(conversation: Conversation): void {
    this.#conversation = conversation;
    this.#caller.speaking$.pipe(skip(1)).subscribe((speaking) => {
      if (speaking) conversation.giveWay(); // before anybody is told
      this.happened({ type: speaking ? 'caller-started' : 'caller-stopped' });
    });
    this.#caller.pauses$.subscribe(() => this.#words?.commit());
    this.#words?.transcripts$.subscribe((transcript) => {
      this.#caller.hint(this.#words?.hint);
      this.happened({ type: 'transcript', transcript });
    });
    conversation.open();
  }

  /** The wire's side of this call. */
  receiver(onDigit: (digit: string) => void, onEnd: (reason: CallEndReason) => void): StreamReceiver {
    return {
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
        this.happened({ type: 'digit', digit });
        onDigit(digit);
      },
      ended: onEnd,
    };
  }

  /** Tears everything down; later calls do nothing. */
  end(reason: CallEndReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#conversation?.end();
    this.#caller.close();
    this.#words?.close();
    this.happened({ type: 'ended', reason });
    this.#events.complete();
    this.held$.complete();
  }

  happened(event: Happening): void {
    this.#events.next({ ...event, atMs: this.#clock.now() });
  }
}
