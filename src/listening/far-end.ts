import { decibelFullScale, SILENCE_DB } from '../audio/level.js';
import { decodeMuLaw } from '../audio/mu-law.js';

/** Levels are kept in steps of this, ms. */
export const STEP_MS = 8;
/** A level is taken over so many steps: 32 ms. */
export const LEVEL_STEPS = 4;
const SAMPLES_PER_MS = 8;
const STEP_SAMPLES = STEP_MS * SAMPLES_PER_MS;
/** How far back levels are known, steps. */
const PAST_STEPS = 2_000 / STEP_MS;

/** Energy of a sample, by its mu-law byte. */
const ENERGY = Float64Array.from(
  decodeMuLaw(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
  (sample) => sample * sample,
);

/**
 * How loud we are at the far end, as a line of time: what was sent is played at once, one piece behind the other, and a
 * `clear` drops what has not been played. The way there and back only shifts the line, by what the echo guard
 * estimates. Pure accounting; allocates nothing per frame.
 */
export class FarEnd {
  /** Energy of each step from {@link #firstStep} on. */
  #energy = new Float64Array(2 * PAST_STEPS);
  #firstStep = 0;
  #endMs = 0;

  /** @param mulaw 8 kHz, any length */
  sent(mulaw: Uint8Array, nowMs: number): void {
    if (this.#endMs < nowMs) this.#endMs = nowMs;
    this.#append(mulaw, nowMs);
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
    return energy > 0 ? decibelFullScale(energy / (LEVEL_STEPS * STEP_SAMPLES)) : SILENCE_DB;
  }

  #append(mulaw: Uint8Array, nowMs: number): void {
    let sample = Math.round(this.#endMs * SAMPLES_PER_MS);
    this.#endMs += mulaw.length / SAMPLES_PER_MS;
    this.#reach(Math.floor(this.#endMs / STEP_MS), Math.floor(nowMs / STEP_MS));
    for (let at = 0; at < mulaw.length;) {
      const step = Math.floor(sample / STEP_SAMPLES);
      const end = Math.min(mulaw.length, at + (step + 1) * STEP_SAMPLES - sample);
      sample += end - at;
      let energy = 0;
      for (; at < end; at++) energy += ENERGY[mulaw[at] as number] as number;
      const place = step - this.#firstStep;
      this.#energy[place] = (this.#energy[place] as number) + energy;
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
