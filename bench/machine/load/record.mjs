import { percentile, spread } from '../statistics.mjs';

const COUNTERS = {
  missed: 0,
  unexpectedClears: 0,
  lateMedia: 0,
  messages: 0,
  audioMs: 0,
  underruns: 0,
  underrunMs: 0,
  socketErrors: 0,
};

/** What all calls of a run have seen while it was being measured. */
export class Record {
  #open = false;
  #clears = [];
  #lags = [];
  #counts = { ...COUNTERS };

  begin() {
    this.#open = true;
  }

  end() {
    this.#open = false;
    const { p99 = 0, max = 0 } = spread(this.#lags);
    return {
      clear: spread(this.#clears),
      ...this.#counts,
      lag: { p50: percentile(this.#lags, 0.5) ?? 0, p99, max },
    };
  }

  clear(ms) {
    if (this.#open) this.#clears.push(ms);
  }

  frameLate(ms) {
    if (this.#open) this.#lags.push(ms);
  }

  /** @param audioMs length of its audio, of other messages 0 */
  message(audioMs) {
    this.#count('messages');
    this.#count('audioMs', audioMs);
  }

  missed() {
    this.#count('missed');
  }

  unexpectedClear() {
    this.#count('unexpectedClears');
  }

  lateMedia() {
    this.#count('lateMedia');
  }

  socketError() {
    this.#count('socketErrors');
  }

  underrun(gapMs) {
    this.#count('underruns');
    this.#count('underrunMs', gapMs);
  }

  #count(name, by = 1) {
    if (this.#open) this.#counts[name] += by;
  }
}
