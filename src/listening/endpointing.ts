/** How long the caller may pause before it is our turn. */
export interface EndpointingOptions {
  /** Silence after which a turn may end, ms. */
  readonly minMs: number;
  /** Silence after which it ends in any case, ms. */
  readonly maxMs: number;
  /** A caller who has paused is given so many times that pause before the next silence counts as the end. */
  readonly pauseFactor: number;
}

/** What a transcriber makes of the words so far. */
export type TurnHint = 'complete' | 'incomplete' | undefined;

/** How much of a caller's usual pause each turn renews. */
const RENEWED = 0.5;

/**
 * Decides from the caller's own pauses how much silence ends a turn: hesitant callers get more time, fluent ones none to
 * lose. One per call, as the habit outlasts a turn. Pure.
 */
export class Endpointing {
  readonly #options: EndpointingOptions;
  #longestPauseMs = 0;
  #usualPauseMs = 0;
  #hint: TurnHint;

  constructor(options: EndpointingOptions) {
    this.#options = options;
  }

  /** Silence that ends the turn as things stand, ms. */
  get waitMs(): number {
    const { minMs, maxMs, pauseFactor } = this.#options;
    if (this.#hint === 'complete') return minMs;
    if (this.#hint === 'incomplete') return maxMs;
    const pauseMs = Math.max(this.#longestPauseMs, this.#usualPauseMs);
    return Math.min(maxMs, Math.max(minMs, pauseFactor * pauseMs));
  }

  /** What the words so far are taken for; holds until the caller goes on. */
  hint(hint: TurnHint): void {
    this.#hint = hint;
  }

  /** The caller goes on after a pause of so many ms. */
  resumed(pauseMs: number): void {
    this.#hint = undefined;
    this.#longestPauseMs = Math.max(this.#longestPauseMs, pauseMs);
  }

  /** The turn is over. */
  ended(): void {
    this.#hint = undefined;
    this.#usualPauseMs += RENEWED * (this.#longestPauseMs - this.#usualPauseMs);
    this.#longestPauseMs = 0;
  }
}
