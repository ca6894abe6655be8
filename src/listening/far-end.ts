import { decibelFullScale, SILENCE_DB } from '../audio/level.js';
import { decodeMuLaw } from '../audio/mu-law.js';

/** Levels are kept in steps of this, ms. */
export const STEP_MS = 8;
/** A level is taken over so many steps: 32 ms. */
const LEVEL_STEPS = 4;
const SAMPLES_PER_MS = 8;
const FRAME_SAMPLES = 160;
/** How far back levels are known, steps. */
const PAST_STEPS = 2_000 / STEP_MS;

/**
 * How loud we are at the far end, as a line of time: what was sent is played at once, one piece behind the other, and a
 * `clear` drops what has not been played. The way there and back only shifts the line, by what the echo guard
 * estimates. Pure accounting; allocates nothing per frame.
 */
export class FarEnd {
  readonly #samples = new Int16Array(FRAME_SAMPLES);
  /** Energy of each step from {@link #firstStep} on. */
  #energy = new Float64Array(2 * PAST_STEPS);
  #firstStep = 0;
  #endMs = 0;

  /** @param mulaw 8 kHz, any length */
  sent(mulaw: Uint8Array, nowMs: number): void {
    if (this.#endMs < nowMs) this.#endMs = nowMs;
    for (let at = 0; at < mulaw.length; at += FRAME_SAMPLES)
      this.#append(mulaw.subarray(at, at + FRAME_SAMPLES), nowMs);
  }

  /** What has not been played is dropped. */
  cleared(nowMs: number): void {
    if (this.#endMs <= nowMs) return;
    this.#endMs = nowMs;
    this.#energy.fill(0, Math.max(0, Math.floor(nowMs / STEP_MS) + 1 - this.#firstStep));
  }

  /** Level of the 32 ms that end with this step of the clock, dBFS. */
  levelDb(step: number): number {
    const last = step - this.#firstStep;
    let energy = 0;
    for (let each = last - LEVEL_STEPS + 1; each <= last; each++) energy += this.#energy[each] ?? 0;
    return energy > 0 ? decibelFullScale(energy / (LEVEL_STEPS * STEP_MS * SAMPLES_PER_MS)) : SILENCE_DB;
  }

  #append(mulaw: Uint8Array, nowMs: number): void {
    const samples = decodeMuLaw(mulaw, this.#samples);
    const startMs = this.#endMs;
    this.#endMs += mulaw.length / SAMPLES_PER_MS;
    this.#reach(Math.floor(this.#endMs / STEP_MS), Math.floor(nowMs / STEP_MS));
    for (let index = 0; index < mulaw.length; index++) {
      const sample = samples[index] as number;
      const step = Math.floor((startMs + index / SAMPLES_PER_MS) / STEP_MS) - this.#firstStep;
      this.#energy[step] = (this.#energy[step] as number) + sample * sample;
    }
  }

  /** Makes room up to `step`: forgets what is long past, and grows only where audio is sent far ahead. */
  #reach(step: number, nowStep: number): void {
    if (step - this.#firstStep < this.#energy.length) return;
    const first = Math.max(this.#firstStep, nowStep - PAST_STEPS);
    const kept = this.#energy.subarray(Math.min(this.#energy.length, first - this.#firstStep));
    const needed = step - first + 1;
    const room = needed > this.#energy.length - PAST_STEPS / 2 ? 2 * needed : this.#energy.length;
    const energy = room === this.#energy.length ? this.#energy : new Float64Array(room);
    energy.set(kept);
    energy.fill(0, kept.length);
    this.#energy = energy;
    this.#firstStep = first;
  }
}
