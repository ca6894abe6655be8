import { defer, EMPTY, filter, Observable, of, Subject, Subscription, take } from 'rxjs';
import type { Clock } from '../call/clock.js';
import type { MediaSink } from '../call/stream.js';
import type { SpeechChunk } from '../tts/voice.js';
import { markName, parseMarkName } from './mark-name.js';
import { RoundTrips } from './round-trips.js';
import type { SettledUtterance } from './settled-utterance.js';
import { Utterance } from './utterance.js';
import type { UtteranceListener, UtteranceOptions } from './utterance-options.js';

export type PlayoutOptions = UtteranceOptions;

const OPENING_PROBE = markName({ utterance: 0, generation: 0, kind: 'probe', ms: 0 });

/** What the caller of one stream hears. One per stream. */
export class Playout {
  readonly #clock: Clock;
  readonly #sink: MediaSink;
  readonly #options: PlayoutOptions;
  readonly #settled = new Subject<SettledUtterance>();
  readonly #utterances = new Map<number, Utterance>();
  #current: Utterance | undefined;
  #lastId = 0;
  readonly #roundTrips = new RoundTrips();
  readonly #openedAt: number;
  #closed = false;

  constructor(clock: Clock, sink: MediaSink, options: PlayoutOptions) {
    this.#clock = clock;
    this.#sink = sink;
    this.#options = options;
    this.#openedAt = clock.now();
    sink.mark(OPENING_PROBE); // the buffer is empty: its echo is the first measure of the round trip
  }

  /** How each utterance ended and what was heard of it; of a cut one, when the far end has confirmed the `clear`. */
  get settled$(): Observable<SettledUtterance> {
    return this.#settled.asObservable();
  }

  /** Emits once, as soon as every utterance is accounted for: at once if each is. */
  get allSettled$(): Observable<unknown> {
    return defer(() =>
      this.unsettled
        ? this.#settled.pipe(
            filter(() => !this.unsettled),
            take(1),
          )
        : of(undefined),
    );
  }

  /** Whether the caller may be hearing us now. */
  get audible(): boolean {
    for (const utterance of this.#utterances.values()) if (utterance.audible) return true;
    return false;
  }

  /** Whether an utterance has not been accounted for yet. */
  get unsettled(): boolean {
    return this.#utterances.size > 0;
  }

  /** Resolves when the utterance being played wants more audio: for a voice that could run far ahead. */
  demand(): Promise<void> {
    return this.#current?.demand() ?? Promise.resolve();
  }

  /**
   * Plays one utterance. Emits `sounding` once, when its first byte is sent, and completes when its last byte has
   * been played. Unsubscribing cuts it: the source is unsubscribed, then `clear` is sent; {@link settled$} tells
   * what was heard. Fails as `speech$` fails, after what had been spoken before was played.
   *
   * @param held$ while true, the utterance is silent; when it falls, it goes on from the heard position
   * @param limits time limits of this utterance, where they differ from the stream's
   * @throws (as an error of the stream) Error while another utterance is playing
   */
  play(
    speech$: Observable<SpeechChunk>,
    held$: Observable<boolean> = EMPTY,
    limits: Partial<PlayoutOptions> = {},
  ): Observable<'sounding'> {
    return new Observable((subscriber) => {
      if (this.#closed) {
        subscriber.complete();
        return undefined;
      }
      if (this.#current !== undefined) {
        subscriber.error(
          new Error('An utterance is playing already: cut it, or wait for it, before the next.'),
        );
        return undefined;
      }
      const sources = new Subscription();
      const utterance = this.#open(limits, {
        sounding: () => {
          subscriber.next('sounding');
        },
        stopSource: () => {
          stop(sources);
        },
        settled: (account) => {
          stop(sources);
          this.#settle(utterance, account);
          if (account.ended === 'failed') subscriber.error(account.error);
          else subscriber.complete();
        },
      });
      subscriber.add(() => {
        stop(sources);
        if (this.#current === utterance) this.#current = undefined;
        utterance.cut();
      });
      sources.add(
        held$.subscribe((held) => {
          if (held) utterance.hold();
          else utterance.release();
        }),
      );
      sources.add(
        speech$.subscribe({
          next: (chunk) => {
            utterance.append(chunk);
          },
          error: (error: unknown) => {
            utterance.sourceFailed(error);
          },
          complete: () => {
            utterance.sourceCompleted();
          },
        }),
      );
      return undefined;
    });
  }

  /** Whoever writes the utterance being played is still at work: its limits of time begin anew. */
  stillWorking(): void {
    this.#current?.stillWorking();
  }

  /**
   * Lets the sentence being played be heard to its end, and no other one begin. Where the voice gives no times of its
   * words, the whole utterance is heard.
   * @returns false if nothing is sounding
   */
  finishSentence(): boolean {
    return this.#current?.finishSentence() ?? false;
  }

  /** Sends `clear` if the caller may be hearing the utterance being played: the urgent half of cutting it. */
  silence(): void {
    this.#current?.silence();
  }

  /** A mark came back from the far end; foreign and stale names are ignored. */
  echoed(name: string): void {
    if (name === OPENING_PROBE) this.#roundTrips.push(this.#clock.now() - this.#openedAt);
    const mark = parseMarkName(name);
    if (mark !== undefined) this.#utterances.get(mark.utterance)?.echoed(mark);
  }

  /** The stream is over: every utterance is accounted for as lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const utterance of [...this.#utterances.values()]) utterance.lost();
    this.#settled.complete();
  }

  #open(limits: Partial<PlayoutOptions>, listener: UtteranceListener): Utterance {
    const id = ++this.#lastId;
    const options = { ...this.#options, ...limits };
    const utterance = new Utterance(id, this.#clock, this.#sink, options, listener, this.#roundTrips);
    this.#utterances.set(id, utterance);
    this.#current = utterance;
    return utterance;
  }

  #settle(utterance: Utterance, account: SettledUtterance): void {
    this.#utterances.delete(utterance.id);
    if (this.#current === utterance) this.#current = undefined;
    this.#settled.next(account);
  }
}

/** A voice that throws as it is stopped must keep neither the `clear` nor the account. */
function stop(sources: Subscription): void {
  try {
    sources.unsubscribe();
  } catch {
    return;
  }
}
