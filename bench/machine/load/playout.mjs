import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';

/** Less is the resolution of the clock and not a gap, ms. */
const NO_GAP_MS = 0.5;

/**
 * Twilio's buffer as `PlayoutBuffer` of the testing kit has it, without keeping the audio: marks come back when they
 * are reached, or at once when nothing is queued; `clear` returns them all.
 */
export class Playout {
  #echo;
  #underrun;
  #dryAt = 0;
  #talking = false;
  #marks = [];
  #timer;

  constructor(echo, underrun) {
    this.#echo = echo;
    this.#underrun = underrun;
  }

  media(ms) {
    const now = performance.now();
    const gapMs = now - this.#dryAt;
    if (this.#talking && gapMs > NO_GAP_MS) this.#underrun(gapMs);
    this.#talking = true;
    this.#dryAt = Math.max(now, this.#dryAt) + ms;
  }

  mark(name) {
    if (this.#marks.length === 0 && this.#dryAt <= performance.now()) this.#echo(name);
    else {
      this.#marks.push({ name, at: this.#dryAt });
      if (this.#timer === undefined) this.#arm();
    }
  }

  clear() {
    this.#dryAt = performance.now();
    this.#talking = false;
    const returned = this.#marks;
    this.stop();
    for (const { name } of returned) this.#echo(name);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#marks = [];
  }

  #arm() {
    this.#timer = setTimeout(() => this.#reached(), Math.max(0, this.#marks[0].at - performance.now()));
  }

  #reached() {
    this.#timer = undefined;
    while (this.#marks.length > 0 && this.#marks[0].at <= performance.now())
      this.#echo(this.#marks.shift().name);
    if (this.#marks.length > 0) this.#arm();
  }
}
