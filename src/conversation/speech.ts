import { Observable, Subscription } from 'rxjs';
import type { CancelTimer, Clock } from '../call/clock.js';
import type { AnswerStep, SpeechOutcome } from '../call/voice-call.js';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import type { SpeechChunk, VoiceOptions } from '../tts/voice.js';

/** Something to be said, and the promise of its outcome. */
export class Speech {
  readonly outcome: Promise<SpeechOutcome>;
  /** What is being made of the text already. */
  prepared$: Observable<SpeechChunk> | undefined;
  /** It was open during a sensitive stretch: what it says is not told. */
  isWithheld = false;
  #resolve!: (outcome: SpeechOutcome) => void;
  #reject!: (error: unknown) => void;

  constructor(
    readonly kind: 'answer' | 'say' | 'sorry' | 'closing',
    readonly text$: Observable<string>,
    readonly voice?: VoiceOptions,
    /** Which answer of the call it is, when it answers a turn. */
    readonly answer?: Omit<AnswerStep, 'step'>,
  ) {
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody has to listen to the outcome of an answer.
    this.outcome.catch(() => undefined);
  }

  settle(account: SettledUtterance): void {
    if (account.ended === 'failed') this.#reject(account.error);
    else this.#resolve(account);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  /** It never began. */
  drop(): void {
    this.#resolve({
      ended: 'cut',
      heardMs: 0,
      sentMs: 0,
      synthesizedMs: 0,
      heardText: '',
      unheardText: '',
      method: 'marks',
      textMethod: 'none',
      textErrorMs: 0,
      errorMs: 0,
    });
  }
}

/** Once `closing$` has emitted, `text$` completes as soon as it has been quiet for `quietMs`. */
export function untilQuiet(
  text$: Observable<string>,
  closing$: Observable<unknown>,
  clock: Clock,
  quietMs: number,
): Observable<string> {
  return new Observable((subscriber) => {
    let cancel: CancelTimer | undefined;
    let closing = false;
    const arm = () => {
      cancel?.();
      cancel = clock.after(quietMs, () => {
        subscriber.complete();
      });
    };
    const subscriptions = new Subscription(() => cancel?.());
    subscriber.add(subscriptions);
    subscriptions.add(
      closing$.subscribe(() => {
        closing = true;
        arm();
      }),
    );
    subscriptions.add(
      text$.subscribe({
        next: (text) => {
          if (closing && text !== '') arm();
          subscriber.next(text);
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      }),
    );
  });
}
