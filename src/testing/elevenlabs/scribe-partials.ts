import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';

export interface ScribePartialsOptions {
  readonly clock: Clock;
  /** Between two, at least, ms. */
  readonly everyMs: number;
  /** From a change of the text to its partial transcript, ms. */
  readonly delayMs: () => number;
  readonly send: (text: string) => void;
}

/** Partial transcripts: late, not too often, and only when the text is another one. */
export class ScribePartials {
  readonly #options: ScribePartialsOptions;
  readonly #alarm: Alarm;
  #waiting: { readonly dueMs: number; readonly text: string }[] = [];
  #sentMs = -Infinity;
  #lastText = '';
  #sentText = '';
  #isHeld = false;

  constructor(options: ScribePartialsOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock);
  }

  /** The text is this now. */
  update(text: string): void {
    if (text === this.#lastText) return;
    this.#lastText = text;
    this.#waiting.push({ dueMs: this.#options.clock.now() + this.#options.delayMs(), text });
    this.#arm();
  }

  /** A new utterance: nothing that waits is sent any more, nor anything of it before `release`. */
  hold(): void {
    this.#waiting = [];
    this.#lastText = this.#sentText = '';
    this.#isHeld = true;
    this.#alarm.stop();
  }

  release(): void {
    this.#isHeld = false;
    this.#arm();
  }

  stop(): void {
    this.#waiting = [];
    this.#alarm.stop();
  }

  #arm(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#isHeld || this.#alarm.isSet) return;
    const atMs = Math.max(first.dueMs, this.#sentMs + this.#options.everyMs);
    this.#alarm.set(Math.max(0, atMs - this.#options.clock.now()), () => {
      this.#sendDue();
      this.#arm();
    });
  }

  /** The newest of those that are due. */
  #sendDue(): void {
    const nowMs = this.#options.clock.now();
    const index = Math.max(
      0,
      this.#waiting.findLastIndex(({ dueMs }) => dueMs <= nowMs),
    );
    const text = this.#waiting[index]?.text ?? '';
    this.#waiting = this.#waiting.slice(index + 1);
    if (text === this.#sentText) return;
    this.#sentText = text;
    this.#sentMs = nowMs;
    this.#options.send(text);
  }
}
