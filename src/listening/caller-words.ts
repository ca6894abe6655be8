import { defer, distinctUntilChanged, map, Observable, startWith, Subject, type Subscription } from 'rxjs';
import { MU_LAW_BYTES_PER_MS, MU_LAW_SILENCE } from '../audio/mu-law.js';
import type { Clock } from '../call/clock.js';
import type { TurnHint } from './endpointing.js';
import type { Transcriber, Transcript } from './transcriber.js';
import { wordsLeft } from './words-left.js';

export interface CallerWordsOptions {
  /** From the end of a turn to its final transcript, ms: after that the turn has what was understood so far. */
  readonly finalTimeoutMs: number;
  /** BCP 47 tag. */
  readonly language?: string | undefined;
}

const SENTENCE_END = /[.?!。！？؟।]["'”’)\]]*\s*$/u;

/** The caller's words of one call, kept until a turn takes them. */
export class CallerWords {
  readonly #clock: Clock;
  readonly #options: CallerWordsOptions;
  readonly #audio = new Subject<Uint8Array>();
  readonly #commits = new Subject<void>();
  readonly #transcripts = new Subject<Transcript>();
  readonly #changed = new Subject<void>();
  readonly #subscription: Subscription;
  #finals: string[] = [];
  #partial = '';
  /** Commits without their final transcript, oldest first: whether it is to be told. */
  #unanswered: ('told' | 'withheld')[] = [];
  /** What a turn took before it was final: it comes once more when it is. */
  #taken = '';
  #withholds = false;
  /** Audio since the last commit was withheld, in part at least. */
  #isTainted = false;
  #givenMs = 0;
  #isLost = false;

  /** @param failed the transcriber has given up: turns have no words from now on */
  constructor(
    transcriber: Transcriber,
    clock: Clock,
    options: CallerWordsOptions,
    failed: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#options = options;
    const { language } = options;
    this.#subscription = defer(() =>
      transcriber.transcribe(this.#audio, {
        commit$: this.#commits,
        ...(language === undefined ? {} : { language }),
      }),
    ).subscribe({
      next: (transcript) => {
        this.#understood(transcript);
      },
      error: (error: unknown) => {
        this.#lost();
        failed(error);
      },
      complete: () => {
        this.#lost();
      },
    });
  }

  get transcripts$(): Observable<Transcript> {
    return this.#transcripts.asObservable();
  }

  /** The words of the turn so far, and again whenever they change; none as long as the caller is withheld. */
  get text$(): Observable<string> {
    return this.#changed.pipe(
      startWith(undefined),
      map(() => (this.#withholds ? '' : this.#text)),
      distinctUntilChanged(),
    );
  }

  /** What the words of the turn so far are taken for. */
  get hint(): TurnHint {
    return SENTENCE_END.test(this.#text) ? 'complete' : undefined;
  }

  /** Audio that the transcriber was given, ms. */
  get givenMs(): number {
    return this.#givenMs;
  }

  audio(mulaw: Uint8Array): void {
    if (this.#isLost) return;
    this.#givenMs += mulaw.length / MU_LAW_BYTES_PER_MS;
    this.#audio.next(this.#withholds ? new Uint8Array(mulaw.length).fill(MU_LAW_SILENCE) : mulaw);
  }

  /** From now on the transcriber gets silence, and the words of what it was given since the last commit are dropped. */
  withhold(): void {
    this.#withholds = this.#isTainted = true;
    this.#partial = '';
    this.#changed.next();
  }

  /** The transcriber gets the caller's audio again. */
  release(): void {
    this.commit(); // what comes is told apart from what was withheld
    this.#withholds = this.#isTainted = false;
  }

  /** The caller pauses: what was said is asked for, so that it is there when the turn ends. */
  commit(): void {
    if (this.#isLost) return;
    this.#unanswered.push(this.#isTainted ? 'withheld' : 'told');
    this.#isTainted = this.#withholds;
    this.#taken = ''; // what is said from here on may be the same words
    this.#commits.next();
  }

  /** The words since the last turn, as soon as they are final. Words that nobody waits for stay for the next turn. */
  take(): Observable<string> {
    return new Observable((subscriber) => {
      const take = () => {
        subscriber.next(this.#takeAll());
        subscriber.complete();
      };
      if (this.#unanswered.length === 0) {
        take();
        return;
      }
      subscriber.add(this.#clock.after(this.#options.finalTimeoutMs, take));
      subscriber.add(
        this.#changed.subscribe(() => {
          if (this.#unanswered.length === 0) take();
        }),
      );
    });
  }

  /** The words since the last turn are not to be told, those that are still to come neither. */
  drop(): void {
    this.#finals = [];
    this.#partial = '';
    this.#unanswered = this.#unanswered.map(() => 'withheld');
    this.#changed.next();
  }

  close(): void {
    this.#isLost = true;
    this.#transcripts.complete();
    this.#subscription.unsubscribe(); // last: what a transcriber does then is its own
  }

  get #text(): string {
    return [...this.#finals, this.#partial].filter((text) => text !== '').join(' ');
  }

  #takeAll(): string {
    const text = this.#text;
    if (this.#unanswered.length > 0) this.#taken = this.#partial;
    this.#finals = [];
    this.#partial = '';
    return text;
  }

  /** What a final transcript says beyond what a turn took that did not wait for it. */
  #untaken(text: string): string {
    const left = wordsLeft(text, this.#taken);
    if (left !== text) this.#taken = '';
    return left;
  }

  #understood(transcript: Transcript): void {
    const text = transcript.text.trim();
    const isTold = this.#isTold(transcript);
    if (transcript.final) {
      this.#unanswered.shift();
      const untaken = this.#untaken(text);
      if (isTold && untaken !== '') this.#finals.push(untaken);
      this.#partial = '';
    } else if (isTold) this.#partial = text;
    if (isTold) this.#transcripts.next(transcript);
    this.#changed.next();
  }

  /** A final transcript answers the oldest commit; a partial one may belong to any audio that has none yet. */
  #isTold({ final }: Transcript): boolean {
    const [oldest] = this.#unanswered;
    if (final && oldest !== undefined) return oldest === 'told';
    return !this.#isTainted && !this.#unanswered.includes('withheld');
  }

  #lost(): void {
    this.#isLost = true;
    this.#unanswered = [];
    this.#changed.next();
  }
}
