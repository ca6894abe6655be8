import { defer, Observable, Subject, type Subscription } from 'rxjs';
import type { Clock } from '../call/clock.js';
import type { TurnHint } from './endpointing.js';
import type { Transcriber, Transcript } from './transcriber.js';

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
  #unanswered = 0;
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

  /** What the words of the turn so far are taken for. */
  get hint(): TurnHint {
    return SENTENCE_END.test(this.#text) ? 'complete' : undefined;
  }

  audio(mulaw: Uint8Array): void {
    if (!this.#isLost) this.#audio.next(mulaw);
  }

  /** The caller pauses: what was said is asked for, so that it is there when the turn ends. */
  commit(): void {
    if (this.#isLost) return;
    this.#unanswered++;
    this.#commits.next();
  }

  /** The words since the last turn, as soon as they are final. Words that nobody waits for stay for the next turn. */
  take(): Observable<string> {
    return new Observable((subscriber) => {
      const take = () => {
        const text = this.#text;
        this.#finals = [];
        this.#partial = '';
        subscriber.next(text);
        subscriber.complete();
      };
      if (this.#unanswered === 0) {
        take();
        return;
      }
      subscriber.add(this.#clock.after(this.#options.finalTimeoutMs, take));
      subscriber.add(
        this.#changed.subscribe(() => {
          if (this.#unanswered === 0) take();
        }),
      );
    });
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#isLost = true;
    this.#transcripts.complete();
  }

  get #text(): string {
    return [...this.#finals, this.#partial].filter((text) => text !== '').join(' ');
  }

  #understood(transcript: Transcript): void {
    const text = transcript.text.trim();
    if (transcript.final) {
      this.#unanswered = Math.max(0, this.#unanswered - 1);
      if (text !== '') this.#finals.push(text);
      this.#partial = '';
    } else this.#partial = text;
    this.#transcripts.next(transcript);
    this.#changed.next();
  }

  #lost(): void {
    this.#isLost = true;
    this.#unanswered = 0;
    this.#changed.next();
  }
}
