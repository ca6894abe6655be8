import {
  catchError,
  concat,
  concatMap,
  EMPTY,
  finalize,
  merge,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  Subscription,
  switchMap,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { inScope, type RunInScope } from '../call/call-scope.js';
import { faultsOf } from '../call/faults-of.js';
import type { Clock } from '../call/clock.js';
import { withheldAccount } from '../call/sensitive/withheld.js';
import { unheeded } from '../call/unheeded.js';
import type { SpeechOutcome } from '../call/voice-call.js';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import type { CallVoice } from '../tts/call-voice.js';
import type { SpeechChunk, VoiceOptions } from '../tts/voice.js';
import { Answers } from './answers.js';
import type { TurnGuess } from '../listening/turn-guesses.js';
import type { ConversationLine, ConversationOptions } from './conversation-line.js';
import { delivered, isPhrase } from './delivery.js';
import { Disclosure } from './disclosure.js';
import { agentEntry, type HistoryEntry } from './history.js';
import { OpenSpeeches } from './open-speeches.js';
import { replyText } from './reply-text.js';
import { Speech, untilQuiet } from './speech.js';
import type { Reply } from './reply.js';
import type { VoiceAgent } from './voice-agent.js';

/** After `hangUp`, a reply that has been quiet for so long is taken as complete, ms. */
const CLOSING_QUIET_MS = 500;
/** After a failure the caller is not to wait again: a phrase that has not begun by then has failed too, ms. */
const PHRASE_MS = 1_500;
/** A goodbye that has not been heard by then is given up, ms. */
const GOODBYE_MS = 300_000;

/** The loop of one call: a turn, its answer, and silence as soon as the caller speaks. */
export class Conversation {
  readonly #line: ConversationLine;
  readonly #agent: VoiceAgent;
  readonly #answers: Answers;
  readonly #voice: CallVoice;
  readonly #clock: Clock;
  readonly #options: ConversationOptions;
  readonly #disclosure: Disclosure;
  readonly #history: HistoryEntry[] = [];
  /** Each value opens the floor anew: what was being said, or waiting to be said, is dropped. */
  readonly #floor$ = new Subject<Speech | undefined>();
  readonly #says$ = new Subject<Speech>();
  readonly #closing$ = new ReplaySubject<void>(1);
  readonly #open = new OpenSpeeches();
  readonly #subscriptions = new Subscription();
  #playing: Speech | undefined;
  #failures = 0;
  #closingHeard = false;
  /** Why there is a closing word. */
  #lastWord: 'failed' | 'limit' | 'drained' = 'failed';
  #closing = false;
  #ended = false;
  readonly #inCall: RunInScope = (task) => inScope({ call: this.#line.call }, task);

  constructor(
    line: ConversationLine,
    agent: VoiceAgent,
    voice: CallVoice,
    clock: Clock,
    options: ConversationOptions,
  ) {
    this.#line = line;
    this.#agent = agent;
    this.#voice = voice;
    this.#clock = clock;
    this.#options = options;
    this.#disclosure = new Disclosure(options.disclosure);
    this.#answers = new Answers({
      call: line.call,
      agent,
      options,
      history: this.#history,
      settled$: line.playout.allSettled$,
      text: (makeReply, run) => this.#disclosure.before(this.#text(makeReply, run)),
      voice: (speech, text$, wanted) => delivered(text$, speech, voice, wanted, line),
      demand: () => line.playout.demand(),
      stepped: (step) => {
        line.stepped(step);
      },
    });
  }

  get history(): readonly HistoryEntry[] {
    return this.#history;
  }

  /** Listens, and can be told to say something. */
  open(): void {
    const { playout, guesses$, turns$ } = this.#line;
    this.#subscriptions.add(
      playout.settled$.subscribe((account) => {
        this.#account(account);
      }),
    );
    this.#subscriptions.add(
      this.#floor$
        .pipe(
          switchMap((first) => this.#floor(first)), // a new turn cuts the old one
        )
        .subscribe(),
    );
    this.#subscriptions.add(
      guesses$.subscribe((guess) => {
        if (!this.#closing) this.#answers.guess(guess);
      }),
    );
    this.#subscriptions.add(
      turns$.subscribe((turn) => {
        this.#turn(turn);
      }),
    );
    this.#floor$.next(undefined);
  }

  /** Greets the caller, unless the call is over before it began. */
  greet(): void {
    if (this.#ended || this.#closing) return;
    const greeting = this.#greeting();
    if (greeting !== undefined) unheeded(greeting);
    this.#warm(); // now it is known how to speak
    const { due } = this.#disclosure;
    if (due !== '')
      this.#says$.next(
        this.#speech('answer', () =>
          concat(
            of(`${due} `),
            replyText(() => greeting ?? '', this.#inCall),
          ),
        ),
      );
    else if (greeting !== undefined) this.#says$.next(this.#speech('answer', () => greeting));
  }

  #warm(): void {
    try {
      this.#voice.use({});
    } catch (error) {
      this.#line.failed(error);
    }
  }

  say(text: Reply, voice: VoiceOptions = {}): Promise<SpeechOutcome> {
    try {
      this.#voice.check(voice);
    } catch (error) {
      const refused = Promise.reject<SpeechOutcome>(
        error instanceof Error ? error : new Error(String(error)),
      );
      refused.catch(() => undefined); // nobody has to listen
      return refused;
    }
    unheeded(text);
    const speech = this.#speech('say', () => text, voice);
    if (this.#ended || this.#closing) this.#refuse(speech);
    else this.#says$.next(speech);
    return speech.outcome;
  }

  #refuse(speech: Speech): void {
    this.#open.remove(speech);
    speech.fail(new Error('Nothing more can be said: the call is ending.'));
  }

  speakAs(voice: VoiceOptions): void {
    this.#voice.use(voice);
  }

  interrupt(): void {
    this.#floor$.next(undefined);
  }

  /** Sends `clear` at once; the rest follows as {@link ConversationLine.userSpeech$} reaches what is being said. */
  giveWay(): void {
    if (this.#playing !== undefined && this.#playing.kind !== 'closing') this.#line.playout.silence();
  }

  async hangUp(): Promise<void> {
    if (this.#ended) return;
    if (!this.#closing) {
      this.#closing = true;
      this.#answers.discard();
      this.#closing$.next();
    }
    await Promise.resolve(); // a greeting that hangs up has yet to be returned
    await this.quiet();
    this.#finish('hung-up', 'completed');
  }

  /** Resolves when nothing is being said or waiting to be said. */
  quiet(): Promise<void> {
    return this.#open.quiet(this.#clock, GOODBYE_MS);
  }

  /** Says a last word, which nobody interrupts, then ends the call; one that is ending already ends as it was to. */
  closeWith(goodbye: string, reason: 'failed' | 'limit' = 'limit'): void {
    if (this.#ended || this.#closing) return;
    this.#closing = true;
    this.#answers.discard();
    this.#lastWord = reason;
    this.#floor$.next(this.#speech('closing', () => goodbye));
  }

  /**
   * Lets the sentence being said be heard and begins no answer any more; then says a last word, which nobody
   * interrupts, and ends the call. One that is ending already ends as it was to.
   * @param goodbye nothing is said if it is empty
   * @param callerIsDone resolves when the caller may be spoken to
   */
  async drain(goodbye: string, callerIsDone: () => Promise<unknown>): Promise<void> {
    if (this.#ended || this.#closing) return;
    this.#closing = true;
    this.#lastWord = 'drained';
    this.#answers.discard();
    this.#open.closeAllBut(this.#playing);
    if (!this.#line.playout.finishSentence()) this.#floor$.next(undefined);
    await this.quiet();
    await callerIsDone();
    if (goodbye === '') this.#finish('drained', 'completed');
    else if (!this.#hasEnded()) this.#floor$.next(this.#speech('closing', () => goodbye));
  }

  #hasEnded(): boolean {
    return this.#ended;
  }

  /** A sensitive stretch begins: whatever is being said, or waits to be said, is not told. */
  withhold(): void {
    this.#answers.discard(); // the words it was asked with are not to be told any more
    this.#open.withhold();
  }

  /** The call is over: everything is torn down and accounted for. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const faults = faultsOf([
      () => {
        this.#line.playout.close();
      },
      () => {
        this.#subscriptions.unsubscribe();
      },
      () => {
        this.#answers.discard();
      },
      () => {
        this.#open.closeAllBut();
      },
      () => {
        this.#voice.close();
      },
    ]);
    for (const fault of faults) this.#line.failed(fault);
  }

  #finish(...end: Parameters<ConversationLine['end']>): void {
    if (!this.#ended) this.#line.end(...end);
  }

  #greeting(): Reply | undefined {
    try {
      return this.#inCall(() => this.#agent.onCallStart?.(this.#line.call));
    } catch (error) {
      return throwError(() => error);
    }
  }

  #turn(turn: TurnGuess): void {
    this.#line.turned(turn);
    if (this.#closing) return;
    this.#remember({ role: 'caller', text: turn.transcript });
    this.#floor$.next(this.#opened(this.#answers.to(turn)));
  }

  #floor(first: Speech | undefined): Observable<unknown> {
    this.#open.closeAllBut(first, this.#playing);
    return merge(first === undefined ? EMPTY : of(first), this.#says$).pipe(
      concatMap((speech) => (this.#open.has(speech) ? this.#utter(speech) : EMPTY)), // it may have been dropped
    );
  }

  #utter(speech: Speech): Observable<unknown> {
    const { playout, userSpeech$, held$ } = this.#line;
    const limits = isPhrase(speech) ? { replyTimeoutMs: PHRASE_MS } : {};
    const voice$ = speech.prepared$ ?? this.#delivered(speech);
    // What was heard is known one round trip after a cut; until then nothing new is said or asked.
    return playout.allSettled$.pipe(
      switchMap(() => {
        this.#playing = speech;
        return playout.play(voice$, held$, limits); // completes when the last byte has been played
      }),
      tap(() => {
        this.#line.sounding(speech.answer?.answer);
      }),
      speech.kind === 'closing' ? (speech$) => speech$ : takeUntil(userSpeech$), // the caller speaks: unsubscribe, then `clear`
      catchError((error: unknown) => this.#recover(speech, error)),
      finalize(() => {
        if (this.#playing !== speech) this.#open.close(speech);
        if (speech.kind === 'closing')
          this.#finish(this.#lastWord, this.#closingHeard ? 'completed' : 'failed');
      }),
    );
  }

  #account(account: SettledUtterance): void {
    const speech = this.#playing;
    this.#playing = undefined;
    const told = speech?.isWithheld === true ? withheldAccount(account) : account;
    const entry = agentEntry(told);
    if (entry !== undefined) this.#remember(entry);
    if (speech !== undefined) this.#settle(speech, account);
    this.#line.accounted(told, speech?.answer?.answer);
  }

  #settle(speech: Speech, account: SettledUtterance): void {
    speech.settle(account);
    if (speech.kind === 'answer') this.#disclosure.heard(account);
    if (speech.kind === 'answer' && account.ended !== 'failed') this.#failures = 0;
    if (speech.kind === 'closing' && account.ended === 'played') this.#closingHeard = true;
    this.#open.close(speech);
  }

  #recover(speech: Speech, error: unknown): Observable<unknown> {
    this.#line.failed(error);
    if (speech.kind === 'say' || speech.kind === 'closing' || this.#closing) return EMPTY;
    this.#failures++;
    if (speech.kind === 'answer' && this.#failures === 1)
      return this.#utter(this.#speech('sorry', () => this.#options.sorry));
    this.#closing = true;
    this.#answers.discard();
    return this.#utter(this.#speech('closing', () => this.#options.closing));
  }

  #delivered(speech: Speech): Observable<SpeechChunk> {
    const wanted = { demand: () => this.#line.playout.demand() };
    return delivered(speech.text$, speech, this.#voice, wanted, this.#line);
  }

  #text(makeReply: (signal: AbortSignal) => Reply, run: RunInScope = this.#inCall): Observable<string> {
    const text$ = replyText(makeReply, run).pipe(
      tap((piece) => {
        if (piece === '') this.#line.playout.stillWorking();
      }),
    );
    return untilQuiet(text$, this.#closing$, this.#clock, CLOSING_QUIET_MS);
  }

  #speech(kind: Speech['kind'], makeReply: () => Reply, voice?: VoiceOptions): Speech {
    return this.#opened(new Speech(kind, this.#text(makeReply), voice));
  }

  /** It is to be said. */
  #opened(speech: Speech): Speech {
    speech.isWithheld ||= this.#line.call.isSensitive;
    this.#open.add(speech);
    return speech;
  }

  #remember(entry: HistoryEntry): void {
    this.#history.push(entry);
    this.#line.remembered(entry);
  }
}
