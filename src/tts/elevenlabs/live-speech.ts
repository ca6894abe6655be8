import { materialize, Observable, type ObservableNotification, type Subscriber } from 'rxjs';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { intoClauses } from '../clauses/clause-cutter.js';
import { voicedSpans } from '../clauses/voiced-text.js';
import type { SpeechChunk, SpeechFailedError, UtteranceVoiceOptions } from '../voice.js';
import type { Context, ContextListener, ContextSocket } from './context-socket.js';
import { failed } from './failures.js';
import type { ServerMessage } from './server-message.js';
import { SpeechTimeline } from './speech-timeline.js';
import { type SpeechRequest, wireDictionaries, wireSettings } from './speech-request.js';

/** With so much speech on its way, further clauses wait: a cut throws it all away, ms. */
const MOST_DUE_MS = 10_000;

/** A sentence is not held back for the next token longer than this, ms. */
const PAUSE_MS = 250;

/** A clause, or the text's end or error behind the clauses before it. */
type ClauseEvent = ObservableNotification<string>;

export interface LiveSpeechOptions {
  readonly clock: Clock;
  readonly request: SpeechRequest;
  /** From a clause's text to its first audio, ms. */
  readonly firstAudioMs: number;
  /** Between two pieces of audio while more is due, ms. */
  readonly stallMs: number;
  /** From the last audio to the end-of-audio message, ms. */
  readonly finalMs: number;
  /** The socket to speak on, asked for with each utterance. */
  readonly socket: () => ContextSocket;
}

/** Speaks a text while it is written, in a context of its own; unsubscribing closes the context. */
export function liveSpeech(
  text$: Observable<string>,
  utterance: UtteranceVoiceOptions,
  options: LiveSpeechOptions,
): Observable<SpeechChunk> {
  return new Observable((subscriber) => {
    const speech = new LiveSpeech(subscriber, options, utterance.demand);
    subscriber.add(() => {
      speech.stop();
    });
    const { language } = options.request;
    const pause = { clock: options.clock, ms: PAUSE_MS };
    const clauses$ = intoClauses(text$, language === undefined ? {} : { language }, pause);
    subscriber.add(
      clauses$.pipe(materialize()).subscribe((event) => {
        speech.write(event);
      }),
    );
  });
}

class LiveSpeech implements ContextListener {
  readonly #subscriber: Subscriber<SpeechChunk>;
  readonly #options: LiveSpeechOptions;
  readonly #timeline = new SpeechTimeline();
  readonly #watch: Alarm;
  readonly #socket: ContextSocket;
  readonly #context: Context;
  readonly #demand: UtteranceVoiceOptions['demand'];
  readonly #waiting: ClauseEvent[] = [];
  #asking = false;
  #end: Exclude<ClauseEvent, { kind: 'N' }> | undefined;
  #hasSpoken = false;

  constructor(
    subscriber: Subscriber<SpeechChunk>,
    options: LiveSpeechOptions,
    demand: UtteranceVoiceOptions['demand'],
  ) {
    this.#demand = demand;
    this.#subscriber = subscriber;
    this.#options = options;
    this.#watch = new Alarm(options.clock);
    this.#socket = options.socket();
    const settings = wireSettings(options.request);
    const dictionaries = wireDictionaries(options.request);
    // At once: the server has the voice ready when the first token comes.
    this.#context = this.#socket.open(
      {
        text: ' ',
        ...(Object.keys(settings).length === 0 ? {} : { voice_settings: settings }),
        ...(dictionaries.length === 0 ? {} : { pronunciation_dictionary_locators: dictionaries }),
      },
      this,
    );
  }

  write(event: ClauseEvent): void {
    this.#waiting.push(event);
    this.#sendOn();
  }

  audio({ audio = new Uint8Array(0), alignment }: ServerMessage): void {
    this.#subscriber.next(this.#timeline.received(audio, alignment));
    this.#watchOn();
    this.#sendOn();
  }

  flushed(): void {
    this.#timeline.flushed();
    this.#watchOn();
    this.#sendOn();
  }

  final(): void {
    if (this.#end === undefined || this.#timeline.isShort)
      this.failed(failed('incomplete', 'ended its speech too early'));
    else this.#complete();
  }

  failed(error: SpeechFailedError): void {
    this.#subscriber.error(error);
  }

  stop(): void {
    this.#watch.stop();
    this.#context.cancel();
  }

  /** Sends what is waiting, as long as more speech is wanted than is on its way. */
  #sendOn(): void {
    while (!this.#asking && !this.#subscriber.closed) {
      const [event] = this.#waiting;
      if (event === undefined || (event.kind === 'N' && this.#isMuchDue)) return;
      if (event.kind === 'N' && this.#demand !== undefined) void this.#ask(this.#demand);
      else this.#send(this.#waiting.shift());
    }
  }

  get #isMuchDue(): boolean {
    return this.#timeline.isShort && this.#timeline.dueMs >= MOST_DUE_MS;
  }

  async #ask(demand: () => Promise<void>): Promise<void> {
    this.#asking = true;
    try {
      await demand();
    } catch (error) {
      this.#subscriber.error(error);
      return;
    }
    this.#asking = false;
    this.#send(this.#waiting.shift());
    this.#sendOn();
  }

  #send(event: ClauseEvent | undefined): void {
    if (event === undefined || this.#subscriber.closed) return;
    if (event.kind === 'N') this.#speak(event.value);
    else this.#finish(event);
  }

  #speak(clause: string): void {
    const spans = voicedSpans(clause, this.#options.request.language);
    this.#timeline.wrote(spans);
    const text = spans.map(({ spoken }) => spoken).join('');
    if (text.trim() === '') return;
    this.#hasSpoken = true;
    this.#context.speak(text);
    // Audio that is due already is not to be waited for anew.
    if (!this.#watch.isSet) this.#watch.set(this.#options.firstAudioMs, this.#expired);
  }

  #finish(end: Exclude<ClauseEvent, { kind: 'N' }>): void {
    this.#end = end;
    if (!this.#hasSpoken) this.#complete();
    else {
      this.#context.finish();
      if (!this.#watch.isSet) this.#watchOn(); // the end of the text changes nothing for audio that is due
    }
  }

  /** Audio that is due is waited for; between clauses there is nothing to wait for. */
  #watchOn(): void {
    const { stallMs, finalMs } = this.#options;
    if (this.#subscriber.closed) return; // what was just told may have ended it
    if (this.#timeline.isShort) this.#watch.set(stallMs, this.#expired);
    else if (this.#end !== undefined) this.#watch.set(finalMs, this.#expired);
    else this.#watch.stop();
  }

  readonly #expired = (): void => {
    if (this.#end !== undefined && !this.#timeline.isShort) {
      this.#complete(); // the end-of-audio message is all that is missing
      return;
    }
    const [code, what] =
      this.#timeline.audioMs === 0
        ? ['timeout', 'sent no audio in time']
        : ['stalled', 'stopped sending audio'];
    const error = failed(code, what);
    this.#subscriber.error(error);
    this.#socket.terminate(error);
  };

  #complete(): void {
    const rest = this.#timeline.rest();
    if (rest !== undefined) this.#subscriber.next(rest);
    if (this.#end?.kind === 'E') this.#subscriber.error(this.#end.error);
    else this.#subscriber.complete();
  }
}
