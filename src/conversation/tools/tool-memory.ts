import type { PendingQuestion } from './consent.js';

/** A call of a tool as the model is told of it. */
export interface ToolExchange {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
  /** As far as it is known by now. */
  result: string;
}

/** Tools that a model asked for at once. */
export type ToolRound = readonly ToolExchange[];

/** What is remembered of a call's tools. */
export class ToolMemory {
  /** What the caller was asked in the turn before. */
  pending: PendingQuestion | undefined;
  readonly #rounds = new Map<number, ToolRound[]>();
  #ids = 0;

  /** @param turn of the caller, counted from 1 */
  roundsOf(turn: number): readonly ToolRound[] {
    return this.#rounds.get(turn) ?? [];
  }

  remember(turn: number, round: ToolRound): void {
    this.#rounds.set(turn, [...this.roundsOf(turn), round]);
  }

  /** Of one call of a tool. */
  nextId(): string {
    return `call_${++this.#ids}`;
  }
}
