import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';

const FRAME_MS = 20;

/** One timer for the frames of all calls, each call at its own phase of the 20 ms, on an absolute schedule. */
export class Schedule {
  #slots;
  #late;
  #next = 0;
  #cycle = 0;
  #startedAt = 0;
  #timer;

  /**
   * @param slots `{ phaseMs, send(cycle) }`
   * @param late called with the lateness of each frame, ms
   */
  constructor(slots, late) {
    this.#slots = [...slots].sort((a, b) => a.phaseMs - b.phaseMs);
    this.#late = late;
  }

  start() {
    this.#startedAt = performance.now();
    this.#run();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #run() {
    for (;;) {
      const slot = this.#slots[this.#next];
      const lateMs = performance.now() - this.#startedAt - this.#cycle * FRAME_MS - slot.phaseMs;
      if (lateMs < 0) {
        this.#timer = setTimeout(() => this.#run(), -lateMs);
        return;
      }
      this.#late(lateMs);
      slot.send(this.#cycle);
      this.#next = (this.#next + 1) % this.#slots.length;
      if (this.#next === 0) this.#cycle++;
    }
  }
}
