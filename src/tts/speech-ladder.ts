import { Observable, Subscription, tap, type Subscriber } from 'rxjs';
import type { CancelTimer, Clock } from '../call/clock.js';
import { SpokenText } from '../playout/heard-text.js';
import { SpeechFailedError, type SpeechChunk, type SpeechWay, type UtteranceVoiceOptions } from './voice.js';

const BYTES_PER_MS = 8;
/** Silence after a filler before the next one, ms. */
const FILLER_AGAIN_MS = 1_200;
/** No more of them in one utterance: then its own limits end it. */
const MOST_FILLERS = 3;

/** One way to speak, and whose it is. */
export interface Rung extends SpeechWay {
  /** Ways of one vendor fall together when its account is refused. */
  readonly vendor: string;
}

export interface LadderOptions {
  readonly clock: Clock;
  /** After a failure, silence that lasts so long is filled, ms. */
  readonly fillerAfterMs: number;
  /** What fills it: mu-law, 8 kHz. */
  readonly filler: () => Uint8Array;
  /** A rung failed; `next` is the one that takes over. */
  readonly fell: (rung: Rung, error: unknown, next: Rung | undefined) => void;
}

/** What is known of an utterance once its text has been asked for. */
export interface ClimbPlan {
  readonly rungs: readonly Rung[];
  readonly options: UtteranceVoiceOptions;
}

/**
 * Speaks on the first rung; when one fails, the next is given the text that has no audio yet. The caller never waits
 * in silence: a gap is filled. Fails with the last rung's error, and with the text's own error.
 *
 * @param plan asked for once the text has been subscribed to: writing it may change how it is to be spoken
 */
export function climb(
  text$: Observable<string>,
  plan: () => ClimbPlan,
  ladder: LadderOptions,
): Observable<SpeechChunk> {
  return new Observable((subscriber) => {
    const source = new WrittenText();
    subscriber.add(text$.subscribe(source));
    const climber = new Climber(subscriber, source, plan(), ladder);
    subscriber.add(() => {
      climber.stop();
    });
    climber.start();
  });
}

class Climber {
  readonly #subscriber: Subscriber<SpeechChunk>;
  readonly #source: WrittenText;
  readonly #rungs: readonly Rung[];
  readonly #options: UtteranceVoiceOptions;
  readonly #ladder: LadderOptions;
  readonly #received = new SpokenText();
  #rung: Subscription | undefined;
  #receivedMs = 0;
  /** When what was passed on will have been played, if nothing holds it up, ms on the clock. */
  #playedAt = 0;
  #fillers = 0;
  #from = 0;
  #resumed = false;
  /** Text of the running rung that no chunk has told of yet. */
  #untold = '';
  #cancelFiller: CancelTimer | undefined;

  constructor(
    subscriber: Subscriber<SpeechChunk>,
    source: WrittenText,
    { rungs, options }: ClimbPlan,
    ladder: LadderOptions,
  ) {
    this.#subscriber = subscriber;
    this.#source = source;
    this.#rungs = rungs;
    this.#options = options;
    this.#ladder = ladder;
  }

  start(): void {
    this.#climb(0, 0);
  }

  stop(): void {
    this.#cancelFiller?.();
    this.#rung?.unsubscribe();
  }

  #climb(index: number, from: number): void {
    const rung = this.#rungs[index];
    if (rung === undefined) {
      this.#subscriber.error(new SpeechFailedError('There is no voice to speak with.', 'no-voice'));
      return;
    }
    this.#untold = '';
    const subscription = new Subscription();
    this.#rung = subscription;
    const rest$ = this.#source.from(from).pipe(tap((piece) => (this.#untold += piece)));
    subscription.add(
      rung.synthesize(rest$, this.#optionsFor(rung)).subscribe({
        next: (chunk) => {
          this.#pass(chunk);
        },
        error: (error: unknown) => {
          this.#fell(index, error);
        },
        complete: () => {
          this.#cancelFiller?.();
          this.#subscriber.complete();
        },
      }),
    );
    if (this.#rung !== subscription) subscription.unsubscribe(); // it failed while being subscribed to
  }

  /** Another vendor knows nothing of the first one's voices. */
  #optionsFor(rung: Rung): UtteranceVoiceOptions {
    if (rung.vendor === this.#rungs[0]?.vendor) return this.#options;
    const { language, demand, phrase } = this.#options;
    return {
      ...(language === undefined ? {} : { language }),
      ...(demand === undefined ? {} : { demand }),
      ...(phrase === undefined ? {} : { phrase }),
    };
  }

  #pass(chunk: SpeechChunk): void {
    if (chunk.audio.length > 0) {
      this.#cancelFiller?.();
      this.#cancelFiller = undefined;
    }
    this.#emit(this.#told(chunk));
  }

  /** A chunk of a voice without alignment carries the text that was written before it. */
  #told(chunk: SpeechChunk): SpeechChunk {
    if (chunk.alignment !== undefined || chunk.text !== undefined || this.#untold === '') return chunk;
    const text = this.#untold;
    this.#untold = '';
    return { ...chunk, text };
  }

  #emit(chunk: SpeechChunk): void {
    const passed = this.#resumed ? { ...chunk, resumed: true } : chunk;
    this.#resumed = false;
    const lengthMs = chunk.audio.length / BYTES_PER_MS;
    this.#received.append(passed, this.#receivedMs);
    this.#receivedMs += lengthMs;
    this.#playedAt = Math.max(this.#ladder.clock.now(), this.#playedAt) + lengthMs;
    this.#subscriber.next(passed);
  }

  #fell(index: number, error: unknown): void {
    if (this.#source.failed) {
      this.#subscriber.error(error);
      return;
    }
    const next = this.#nextAfter(index, error);
    const rung = this.#rungs[index];
    if (rung !== undefined) this.#ladder.fell(rung, error, this.#rungs[next]);
    if (this.#rungs[next] === undefined) {
      this.#subscriber.error(error);
      return;
    }
    const kept = this.#received.takeBack(this.#receivedMs);
    this.#resumed = true;
    this.#from = this.#source.lengthOf(kept);
    this.#armFiller(this.#ladder.fillerAfterMs);
    this.#climb(next, this.#from);
  }

  #nextAfter(index: number, error: unknown): number {
    if (!(error instanceof SpeechFailedError) || !error.lasting) return index + 1;
    const vendor = this.#rungs[index]?.vendor;
    const next = this.#rungs.findIndex((rung, at) => at > index && rung.vendor !== vendor);
    return next === -1 ? this.#rungs.length : next;
  }

  /** Speech that is still waiting to be played is no silence. */
  #armFiller(afterMs: number): void {
    if (this.#cancelFiller !== undefined) return;
    const { clock, filler } = this.#ladder;
    this.#cancelFiller = clock.after(Math.max(0, this.#playedAt - clock.now()) + afterMs, () => {
      this.#cancelFiller = undefined;
      if (this.#options.awaited?.() === false) {
        this.#armFiller(this.#ladder.fillerAfterMs);
        return;
      }
      // A text that has yet to be written keeps the caller waiting for itself, and has its own limits.
      if (this.#source.hasText(this.#from)) {
        this.#fillers++;
        this.#emit({ audio: filler(), alignment: [] });
      }
      if (this.#fillers < MOST_FILLERS) this.#armFiller(FILLER_AGAIN_MS);
    });
  }
}

/** The text so far, which every rung can read from any place on. */
class WrittenText {
  #text = '';
  #ended: { readonly error?: unknown } | undefined;
  #failed = false;
  #reader: Subscriber<string> | undefined;

  get failed(): boolean {
    return this.#failed;
  }

  next(piece: string): void {
    this.#text += piece;
    if (piece !== '') this.#reader?.next(piece);
  }

  error(error: unknown): void {
    this.#failed = true;
    this.#ended = { error };
    this.#reader?.error(error);
  }

  complete(): void {
    this.#ended = {};
    this.#reader?.complete();
  }

  from(start: number): Observable<string> {
    return new Observable((reader) => {
      this.#reader = reader;
      const rest = this.#text.slice(start);
      if (rest !== '') reader.next(rest);
      if (this.#failed) reader.error(this.#ended?.error);
      else if (this.#ended !== undefined) reader.complete();
    });
  }

  /** Whether something to be said was written from `start` on. */
  hasText(start: number): boolean {
    return this.#text.slice(start).trim() !== '';
  }

  /** Where in the text as many letters as in `told` have passed: white space may have been told differently. */
  lengthOf(told: string): number {
    let letters = told.replace(/\s+/g, '').length;
    let at = 0;
    while (at < this.#text.length && letters > 0) {
      if (/\S/.test(this.#text.charAt(at))) letters--;
      at++;
    }
    while (/\s/.test(this.#text.charAt(at))) at++;
    return at;
  }
}
