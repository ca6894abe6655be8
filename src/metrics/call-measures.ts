import { kindOfError } from '../call/kind-of-error.js';
import type { CallEvent } from '../call/voice-call.js';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import { AnswerWaits } from './answer-waits.js';

/** What is measured in calls; all in ms. */
export interface Measured {
  /** From the arrival of the caller's first sound to the `clear`, when the caller interrupts. */
  readonly onsetToClearMs: number;
  /** From a `clear` to the echo of the mark behind it. */
  readonly fenceRoundTripMs: number;
  /** Audio that had been sent and was not heard, when the caller interrupts: what the lead costs. */
  readonly leadMs: number;
  /** From the arrival of the caller's last sound to the first audio of the voice. */
  readonly firstAudioMs: number;
  /** From the caller's last sound to the first of the answer, at the caller's ear. */
  readonly answerLatencyMs: number;
  /** Audio of an utterance that the caller heard. */
  readonly heardMs: number;
  /** Audio of an utterance that was sent. */
  readonly sentMs: number;
}

/** Takes what is measured, as it happens. */
export interface MeasureListener {
  measured(what: keyof Measured, ms: number): void;
  turn(): void;
  interruption(): void;
  /** The voice was slower than the telephone, so often in an utterance. */
  underruns(count: number): void;
  /** @param kind the error's name */
  error(kind: string): void;
}

/** Measures one call by what happens in it. Pure. */
export class CallMeasures {
  readonly #listener: MeasureListener;
  readonly #waits = new AnswerWaits();
  #sounds = false;
  /** The caller began to speak while the agent was to be heard. */
  #interruption: { readonly atMs: number; readonly onsetAtMs: number | undefined } | undefined;

  constructor(listener: MeasureListener) {
    this.#listener = listener;
  }

  add(event: CallEvent): void {
    switch (event.type) {
      case 'turn':
        this.#waits.turn(event);
        this.#listener.turn();
        break;
      case 'answer':
        this.#waits.step(event.step, event.atMs);
        break;
      case 'caller-started':
        if (this.#sounds) this.#interruption ??= { atMs: event.atMs, onsetAtMs: event.onsetAtMs };
        break;
      case 'agent-sounding':
        this.#sounds = true;
        if (event.answer !== undefined)
          this.#measured('firstAudioMs', this.#waits.firstAudioMs(event.answer));
        break;
      case 'agent-settled':
        this.#settled(event.account, event.atMs);
        if (event.answer !== undefined)
          this.#measured('answerLatencyMs', this.#waits.settled(event.answer, event.account.firstHeardAtMs));
        break;
      case 'failed':
        this.#listener.error(kindOfError(event.error));
        break;
    }
  }

  #settled(account: SettledUtterance, atMs: number): void {
    const interruption = this.#interruption;
    this.#interruption = undefined;
    this.#sounds = false;
    const { heardMs, sentMs, underruns = 0 } = account;
    if (underruns > 0) this.#listener.underruns(underruns);
    if (sentMs > 0) {
      this.#measured('heardMs', heardMs);
      this.#measured('sentMs', sentMs);
    }
    if (account.ended !== 'cut' || interruption === undefined) return;
    this.#listener.interruption();
    if (account.method === 'marks') return; // all of it had been heard: there was nothing to clear
    if (interruption.onsetAtMs !== undefined)
      this.#measured('onsetToClearMs', interruption.atMs - interruption.onsetAtMs);
    this.#measured('leadMs', sentMs - heardMs);
    if (account.method === 'fence') this.#measured('fenceRoundTripMs', atMs - interruption.atMs);
  }

  #measured(what: keyof Measured, ms: number | undefined): void {
    if (ms !== undefined) this.#listener.measured(what, ms);
  }
}
