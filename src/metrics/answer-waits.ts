import type { AnswerStep, CallEvent } from '../call/voice-call.js';

type TurnEvent = Extract<CallEvent, { type: 'turn' }>;

/** Answers that were asked for and have not been spoken. */
const MOST = 32;

interface Wait {
  turn: TurnEvent | undefined;
  firstAudioAt: number | undefined;
}

/** Which turn each answer of a call belongs to, and how long the caller has waited for it. Pure. */
export class AnswerWaits {
  readonly #waits = new Map<number, Wait>();
  #turn: TurnEvent | undefined;

  turn(event: TurnEvent): void {
    this.#turn = event;
  }

  step({ answer, step, preemptive }: AnswerStep, atMs: number): void {
    if (step === 'asked') this.#asked(answer, preemptive);
    const wait = this.#waits.get(answer);
    if (wait === undefined) return;
    if (step === 'first-audio') wait.firstAudioAt ??= atMs;
    if (step === 'confirmed') wait.turn = this.#turn;
    if (step === 'discarded') this.#waits.delete(answer);
  }

  /** From the caller's last sound to the voice's first audio, ms; undefined if that cannot be told. */
  firstAudioMs(answer: number): number | undefined {
    const wait = this.#waits.get(answer);
    return since(wait?.turn, wait?.firstAudioAt);
  }

  /** From the caller's last sound to the first of the answer at the caller's ear, ms. The answer is over. */
  settled(answer: number, firstHeardAtMs: number | undefined): number | undefined {
    const turn = this.#waits.get(answer)?.turn;
    this.#waits.delete(answer);
    return since(turn, firstHeardAtMs);
  }

  #asked(answer: number, preemptive: boolean): void {
    this.#waits.set(answer, { turn: preemptive ? undefined : this.#turn, firstAudioAt: undefined });
    const [oldest] = this.#waits.keys();
    if (this.#waits.size > MOST && oldest !== undefined) this.#waits.delete(oldest);
  }
}

/** Of an answer that was ready before the turn was over, the caller has not waited. */
const since = (turn: TurnEvent | undefined, atMs: number | undefined): number | undefined =>
  turn === undefined || atMs === undefined ? undefined : Math.max(0, atMs - turn.lastSampleAtMs);
