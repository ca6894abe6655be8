import { MU_LAW_BYTES_PER_MS } from '../audio/mu-law.js';
import type { Clock } from '../call/clock.js';
import { isAudible } from '../testing/audibility.js';
import type { SimulatedCall } from '../testing/simulated-call.js';
import { withHint } from './refusal-hint.js';

/** What came of a test call; durations in ms, undefined what did not happen. */
export interface TestCallResult {
  /** From the call to the agent's first sound. */
  readonly greetedAfterMs: number | undefined;
  /** From the caller's last sound to the answer's first, at the caller's ear. */
  readonly answeredAfterMs: number | undefined;
  /** From the caller's first sound to silence at the caller's ear. */
  readonly stoppedAfterMs: number | undefined;
  /** What was not as it should be. */
  readonly problems: readonly string[];
}

const POLL_MS = 20;
/** Longer than the pause between two sentences. */
const SILENCE_MS = 800;
const CONNECT_MS = 15_000;
const WORD_MS = 15_000;
const SPEECH_MS = 1_200;
/** How much is listened to of what nobody interrupts, besides the greeting. */
const ENOUGH_MS = 5_000;
/** How much of the answer is listened to before it is interrupted. */
const LISTEN_MS = 1_500;
/** How long the caller waits for an agent that does not stop. */
const PATIENCE_MS = 3_000;
const STOP_MS = 300;
/** Whoever was to be heard so lately is talking. */
const TALKS_MS = 100;
/** The host has done what it does at a call's end. */
const AFTERMATH_MS = 500;

class CallFailed extends Error {}

/** A caller who says something, interrupts the answer, presses keys, and hangs up. */
export class TestCaller {
  readonly #call: SimulatedCall;
  readonly #clock: Clock;
  readonly #keys: string;
  readonly #tell: (line: string) => void;
  readonly #problems: string[] = [];

  /** @param tell takes each thing that happens, in words */
  constructor(call: SimulatedCall, clock: Clock, keys: string, tell: (line: string) => void) {
    this.#call = call;
    this.#clock = clock;
    this.#keys = keys;
    this.#tell = tell;
  }

  async play(url: string): Promise<TestCallResult> {
    const result = { greetedAfterMs: undefined, answeredAfterMs: undefined, stoppedAfterMs: undefined };
    const measured: { -readonly [Key in keyof typeof result]: number | undefined } = { ...result };
    try {
      measured.greetedAfterMs = await this.#greeting(url);
      measured.answeredAfterMs = await this.#answer();
      measured.stoppedAfterMs = await this.#interrupt();
      await this.#agentFinishes('answers again');
      if (this.#keys !== '') await this.#press();
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.#problem(error.message);
    }
    for (const { reason } of this.#call.violations) this.#problem(`Twilio would refuse a message: ${reason}`);
    this.#call.hangUp();
    await this.#pass(AFTERMATH_MS);
    return { ...measured, problems: this.#problems };
  }

  async #greeting(url: string): Promise<number | undefined> {
    const dialledAtMs = this.#clock.now();
    this.#call.dial(url);
    if (!(await this.#waitFor(CONNECT_MS, () => this.#call.stream?.open === true)))
      throw new CallFailed('no media stream was opened');
    this.#tell('connected');
    return await this.#agentFinishes('greets', WORD_MS, dialledAtMs);
  }

  async #answer(): Promise<number> {
    const { endMs } = this.#call.speak(SPEECH_MS);
    this.#tell('the caller speaks');
    if (!(await this.#waitFor(SPEECH_MS + WORD_MS, () => this.#firstSound(endMs) !== undefined)))
      throw new CallFailed(`no answer within ${WORD_MS / 1000} s`);
    const tookMs = (this.#firstSound(endMs) ?? endMs) - endMs;
    this.#tell(`the agent answers, ${Math.round(tookMs)} ms after the caller's last sound`);
    return tookMs;
  }

  async #interrupt(): Promise<number | undefined> {
    await this.#pass(LISTEN_MS);
    if (!(await this.#waitFor(PATIENCE_MS, () => this.#talksFor(TALKS_MS)))) {
      this.#problem('the answer was too short to be interrupted');
      return undefined;
    }
    const { startMs: onsetMs } = this.#call.speak(SPEECH_MS);
    this.#tell('the caller interrupts');
    const silentMs = () => this.#call.silentFrom(onsetMs, STOP_MS);
    const stopped = await this.#waitFor(PATIENCE_MS, () => this.#clock.now() - silentMs() >= STOP_MS);
    if (!stopped) {
      this.#problem(`the agent talked on for ${PATIENCE_MS / 1000} s when it was interrupted`);
      return undefined;
    }
    const tookMs = silentMs() - onsetMs;
    this.#tell(`silent at the caller's ear, ${Math.round(tookMs)} ms after the caller's first sound`);
    return tookMs;
  }

  async #press(): Promise<void> {
    this.#tell(`the caller presses ${this.#keys}`);
    this.#call.dtmf(this.#keys);
    await this.#agentFinishes('speaks');
  }

  /** @returns from `sinceMs` to the agent's first sound, if it has any */
  async #agentFinishes(
    does: string,
    mostMs = ENOUGH_MS,
    sinceMs = this.#clock.now(),
  ): Promise<number | undefined> {
    await this.#waitFor(mostMs, () => this.#firstSound(sinceMs) !== undefined);
    const soundMs = this.#firstSound(sinceMs);
    if (soundMs === undefined) return undefined;
    this.#tell(`the agent ${does}`);
    await this.#waitFor(mostMs, () => !this.#talksFor(SILENCE_MS));
    return soundMs - sinceMs;
  }

  #problem(problem: string): void {
    this.#problems.push(problem);
    this.#tell(problem);
  }

  #firstSound(sinceMs: number): number | undefined {
    const now = this.#clock.now();
    if (now <= sinceMs) return undefined;
    const audio = this.#call.heardAudio(sinceMs, now);
    const at = audio.findIndex((_, index) => isAudible(audio.subarray(index, index + 1)));
    return at < 0 ? undefined : sinceMs + at / MU_LAW_BYTES_PER_MS;
  }

  #talksFor(ms: number): boolean {
    const now = this.#clock.now();
    return isAudible(this.#call.heardAudio(now - ms, now));
  }

  async #pass(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
  }

  /** @returns whether the condition came true in time */
  async #waitFor(limitMs: number, condition: () => boolean): Promise<boolean> {
    const deadlineMs = this.#clock.now() + limitMs;
    while (!condition()) {
      if (this.#call.endedBy !== undefined)
        throw new CallFailed(
          `the call ended: ${withHint(this.#call.eventsOf('error').at(-1)?.detail ?? this.#call.endedBy)}`,
        );
      if (this.#clock.now() >= deadlineMs) return false;
      await this.#pass(POLL_MS);
    }
    return true;
  }
}
