import type { Observable } from 'rxjs';
import { Alarm } from '../call/alarm.js';
import type { Clock } from '../call/clock.js';
import type { CallEvent } from '../call/voice-call.js';
import { CallBudget } from './call-budget.js';
import type { CallLimit, CallLimits } from './limits.options.js';

/** An answer that has begun is looked at so often whether it is still to be heard, ms. */
const LOOK_MS = 1_000;

/** What is seen and done of a call. */
export interface LimitedCall {
  /** Whether the caller may be hearing us now: an answer that has begun may have a silence in it. */
  readonly isAudible: () => boolean;
  /** Completes when the call is over. */
  readonly events$: Observable<CallEvent>;
  closeAfterLimit(limit: string, goodbye: string): void;
}

/** Watches one call from now to its end, and closes it at the first limit it reaches. */
export class CallLimiter {
  readonly #call: LimitedCall;
  readonly #clock: Clock;
  readonly #limits: CallLimits;
  readonly #goodbye: string;
  readonly #budget: CallBudget;
  readonly #length: Alarm;
  readonly #silence: Alarm;
  #callerSpeaks = false;
  #agentSpeaks = false;
  #silentSince = 0;
  #done = false;

  /** @param goodbye said when a limit is reached */
  constructor(call: LimitedCall, clock: Clock, limits: CallLimits, goodbye: string) {
    this.#call = call;
    this.#clock = clock;
    this.#limits = limits;
    this.#goodbye = goodbye;
    this.#budget = new CallBudget(limits);
    this.#length = new Alarm(clock);
    this.#silence = new Alarm(clock);
    call.events$.subscribe({
      next: (event) => {
        this.#happened(event);
      },
      complete: () => {
        this.#stop();
      },
    });
    if (limits.callMs !== Infinity)
      this.#length.set(limits.callMs, () => {
        this.#reached('callMs');
      });
    this.#listen();
  }

  /** Text was handed to the voice. */
  spoken(characters: number): void {
    this.#reachedAtWork(this.#budget.spoken(characters));
  }

  #happened(event: CallEvent): void {
    switch (event.type) {
      case 'caller-started':
      case 'caller-stopped':
        this.#callerSpeaks = event.type === 'caller-started';
        this.#listen();
        break;
      case 'agent-sounding':
      case 'agent-settled':
        this.#agentSpeaks = event.type === 'agent-sounding';
        this.#listen();
        break;
      case 'digit':
      case 'withheld-key':
        this.#listen();
        break;
      case 'turn':
        this.#reached(this.#budget.turn()); // at once: the turn is not answered
        break;
      case 'usage':
        this.#reachedAtWork(this.#budget.used(event.usage));
        break;
    }
  }

  /** Counts the silence anew, if there is any. */
  #listen(): void {
    this.#silentSince = this.#clock.now();
    this.#silence.stop();
    if (!this.#callerSpeaks) this.#wait();
  }

  #wait(): void {
    const { silenceMs } = this.#limits;
    if (this.#done || silenceMs === Infinity) return;
    const leftMs = this.#silentSince + silenceMs - this.#clock.now();
    this.#silence.set(this.#agentSpeaks ? Math.min(leftMs, LOOK_MS) : leftMs, () => {
      this.#look();
    });
  }

  #look(): void {
    const now = this.#clock.now();
    if (this.#agentSpeaks && this.#call.isAudible()) this.#silentSince = now;
    if (now - this.#silentSince >= this.#limits.silenceMs) this.#reached('silenceMs');
    else this.#wait();
  }

  #reached(limit: CallLimit | undefined): void {
    if (limit === undefined || this.#done) return;
    this.#stop();
    this.#call.closeAfterLimit(limit, this.#goodbye);
  }

  /** In a moment: an answer tells of itself in the middle of a step, and closing the call cuts it. */
  #reachedAtWork(limit: CallLimit | undefined): void {
    if (limit === undefined || this.#done) return;
    queueMicrotask(() => {
      this.#reached(limit);
    });
  }

  #stop(): void {
    this.#done = true;
    this.#length.stop();
    this.#silence.stop();
  }
}
