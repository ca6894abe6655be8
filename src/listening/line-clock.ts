/** How fast the shortest delay seen is forgotten, so that clocks may drift apart: ms per ms. */
const FORGET = 0.001;

/**
 * Puts the caller's audio on our clock without the network's jitter: what arrived with the least delay tells how the two
 * run. Pure.
 */
export class LineClock {
  /** Our time minus the audio's, at the least delay seen, ms. */
  #offsetMs = Number.POSITIVE_INFINITY;
  #observedAt = 0;

  /** Audio up to `audioMs` has arrived. */
  arrived(audioMs: number, nowMs: number): void {
    const kept = this.#offsetMs + FORGET * (nowMs - this.#observedAt);
    this.#offsetMs = Math.min(kept, nowMs - audioMs);
    this.#observedAt = nowMs;
  }

  /** So much time has passed that the audio does not count, as after a long gap. */
  skipped(ms: number): void {
    this.#offsetMs += ms;
  }

  /** When this moment of the audio arrives with the least delay, ms on our clock. */
  toClock(audioMs: number): number {
    return audioMs + this.#offsetMs;
  }
}
