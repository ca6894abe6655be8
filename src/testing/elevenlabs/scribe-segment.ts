import type { ScribeScenario } from './scribe-scenario.js';
import { type ScriptedWords, wordsOf } from './scribe-script.js';
import { FRAME_MS } from './scribe-voice-meter.js';

/** The audio since the last commit, and what was understood of it. */
export class ScribeSegment {
  readonly #scenario: ScribeScenario;
  readonly #next: () => ScriptedWords;
  #audioMs = 0;
  #voicedMs = 0;
  #silentMs = 0;
  #fromMs: number | undefined;
  #toMs = 0;
  #utterance: ScriptedWords | undefined;

  /** @param next what is said, asked once there is enough voice for a word */
  constructor(scenario: ScribeScenario, next: () => ScriptedWords) {
    this.#scenario = scenario;
    this.#next = next;
  }

  /** All of it, with and without voice. */
  get audioMs(): number {
    return this.#audioMs;
  }

  /** Since the last voice. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** What is being said; undefined as long as there was too little voice for a word. */
  get utterance(): ScriptedWords | undefined {
    return this.#utterance;
  }

  /** From the first voice to the last, ms from the first audio of the socket. */
  get voice(): readonly [fromMs: number, toMs: number] {
    return [this.#fromMs ?? 0, this.#toMs];
  }

  /** What is understood so far. */
  get text(): string {
    if (this.#utterance === undefined) return '';
    const { msPerWord = this.#scenario.msPerWord, partials } = this.#utterance;
    const count = 1 + Math.floor((this.#voicedMs - this.#scenario.firstWordMs) / msPerWord);
    if (partials !== undefined) return partials[Math.min(count, partials.length) - 1] ?? '';
    return wordsOf(this.#utterance).slice(0, count).join(' ');
  }

  /**
   * One more frame.
   *
   * @param atMs where it begins, from the first audio of the socket
   */
  add(isVoiced: boolean, atMs: number): void {
    this.#audioMs += FRAME_MS;
    this.#silentMs += FRAME_MS;
    if (!isVoiced) return;
    this.#silentMs = 0;
    this.#voicedMs += FRAME_MS;
    this.#fromMs ??= atMs;
    this.#toMs = atMs + FRAME_MS;
    if (this.#voicedMs >= this.#scenario.firstWordMs) this.#utterance ??= this.#next();
  }
}
