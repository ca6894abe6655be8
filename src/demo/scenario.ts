import type { Clock } from '../call/clock.js';
import { isAudible } from '../testing/audibility.js';
import type { SimulatedCall } from '../testing/simulated-call.js';
import type { CallerLine } from './caller-lines.js';
import type { Note } from './lanes.js';

export const QUESTION = 'Tell me something about telephones.';
export const INTERRUPTIONS = ['Wait, stop. What did you say?', 'Sorry, one more thing.'] as const;

/** A line as it was said; times in ms on the clock. */
export interface SaidLine {
  readonly text: string;
  /** The first sound, not the first sample. */
  readonly onsetMs: number;
  readonly endMs: number;
}

const POLL_MS = 20;
/** Longer than the agent's pauses between sentences. */
const PAUSE_MS = 300;
const GREETING_OVER_MS = 800;
const LISTEN_MS = 5_000;
/** How long the caller waits for a machine that does not stop. */
const PATIENCE_MS = 6_000;

/** What the caller does: listens, asks, interrupts twice, hangs up. */
export class Scenario {
  readonly #call: SimulatedCall;
  readonly #clock: Clock;
  readonly #onNote: (note: Note) => void;

  constructor(call: SimulatedCall, clock: Clock, onNote: (note: Note) => void) {
    this.#call = call;
    this.#clock = clock;
    this.#onNote = onNote;
  }

  /** @throws Error naming what did not happen in time */
  async play(lines: readonly CallerLine[]): Promise<SaidLine[]> {
    const [question, ...interruptions] = lines;
    if (question === undefined) throw new Error('The caller has nothing to say');
    await this.#hearGreeting();
    const said = [await this.#say(question)];
    for (const line of interruptions) {
      await this.#until('an answer', 10_000, () => this.#agentTalks());
      await this.#listen();
      said.push(await this.#interrupt(line));
    }
    await this.#until('the last answer', 10_000, () => this.#agentTalks());
    await this.#listen();
    this.#hangUp();
    return said;
  }

  async #hearGreeting(): Promise<void> {
    await this.#until('the media stream', 5_000, () => this.#call.stream?.open === true);
    await this.#until('the greeting', 10_000, () => this.#agentTalks());
    await this.#until('the end of the greeting', 20_000, () => this.#agentSilentFor(GREETING_OVER_MS));
  }

  #begin(line: CallerLine): SaidLine {
    const { startMs, endMs } = this.#call.say(line.audio);
    const onsetMs = startMs + line.onsetMs;
    this.#onNote({ atMs: onsetMs, lane: 'caller', tone: 'caller', text: `"${line.text}"` });
    return { text: line.text, onsetMs, endMs };
  }

  async #finish({ endMs }: SaidLine): Promise<void> {
    const leftMs = endMs - this.#clock.now();
    await this.#until('the end of a sentence', leftMs + 1_000, () => this.#clock.now() >= endMs);
  }

  async #say(line: CallerLine): Promise<SaidLine> {
    const said = this.#begin(line);
    await this.#finish(said);
    return said;
  }

  async #interrupt(line: CallerLine): Promise<SaidLine> {
    const said = this.#begin(line);
    await Promise.all([this.#finish(said), this.#awaitSilence(said)]);
    return said;
  }

  async #awaitSilence({ onsetMs }: SaidLine): Promise<void> {
    await this.#waitFor(PATIENCE_MS, () => this.#silentSince(onsetMs) !== undefined);
    this.#noteSilence(onsetMs);
  }

  #noteSilence(onsetMs: number): void {
    const silentMs = this.#silentSince(onsetMs);
    this.#onNote(
      silentMs === undefined
        ? { atMs: this.#clock.now(), lane: 'agent', tone: 'alarm', text: 'still talking' }
        : {
            atMs: silentMs,
            lane: 'agent',
            tone: 'good',
            text: `silent at the caller's ear, ${Math.round(silentMs - onsetMs)} ms after the caller's first sound`,
          },
    );
  }

  #hangUp(): void {
    this.#onNote({ atMs: this.#clock.now(), lane: 'caller', tone: 'caller', text: 'hangs up' });
    this.#call.hangUp();
  }

  #whyEnded(): string {
    return this.#call.eventsOf('error').at(-1)?.detail ?? this.#call.endedBy ?? '';
  }

  #silentSince(onsetMs: number): number | undefined {
    const now = this.#clock.now();
    if (now < onsetMs + PAUSE_MS) return undefined;
    const silentMs = this.#call.silentFrom(onsetMs, PAUSE_MS);
    return now - silentMs < PAUSE_MS ? undefined : silentMs;
  }

  #agentTalks(): boolean {
    return !this.#agentSilentFor(100);
  }

  #agentSilentFor(ms: number): boolean {
    const now = this.#clock.now();
    return !isAudible(this.#call.heardAudio(now - ms, now));
  }

  async #listen(): Promise<void> {
    const until = this.#clock.now() + LISTEN_MS;
    await this.#waitFor(LISTEN_MS, () => this.#clock.now() >= until);
  }

  async #until(what: string, limitMs: number, condition: () => boolean): Promise<void> {
    if (!(await this.#waitFor(limitMs, condition)))
      throw new Error(`The caller waited in vain for ${what} (${limitMs / 1000} s)`);
  }

  /** @returns whether the condition came true in time */
  async #waitFor(limitMs: number, condition: () => boolean): Promise<boolean> {
    const deadline = this.#clock.now() + limitMs;
    while (!condition()) {
      if (this.#call.endedBy !== undefined) throw new Error(`The call ended early: ${this.#whyEnded()}`);
      if (this.#clock.now() >= deadline) return false;
      await new Promise<void>((resolve) => this.#clock.after(POLL_MS, resolve));
    }
    return true;
  }
}
