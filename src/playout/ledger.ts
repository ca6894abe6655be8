/** How a heard position was found. */
export type HeardMethod =
  /** The mark behind the last byte came back, and no `clear` had been sent. */
  | 'marks'
  /** The mark behind the `clear` came back, on the same way and under the same delay as the marks before it. */
  | 'fence'
  /** No echo came in time: elapsed time and the round trip measured before. */
  | 'clock';

export interface HeardPosition {
  /** Last ms of the utterance that was played. */
  readonly heardMs: number;
  readonly method: HeardMethod;
  /** Expected size of the error, ms. */
  readonly errorMs: number;
}

/** Echoes that count for the running estimate: about 0.6 s of marks. */
const WINDOW = 8;
/** So many echoes in a row, each so much later than before, ms: the far end has paused, and older echoes mislead. */
const PAUSE_ECHOES = 3;
const PAUSE_MS = 30;
/** An echo this much before its time belongs to a cleared mark, ms. */
const EARLY_MS = 40;
const DEFAULT_ROUND_TRIP_MS = 80;
const UNCERTAIN_MS = 30;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

/**
 * The account of one generation: what was sent, what came back, what was heard. Positions are ms of the utterance,
 * times are ms of the monotonic clock.
 *
 * An echo of position p at time t says "p was reached, one return trip ago". As the fence comes back on the same
 * way, the position at which the `clear` took effect is its arrival minus the usual `t - p`: the delay cancels out.
 */
export class Ledger {
  readonly startMs: number;
  /** `t - p` of the latest echoes since the far end last ran dry. */
  #offsets: number[] = [];
  /** Positions before this one belong to an earlier dry spell and say nothing about the present. */
  #segmentMs: number;
  #segmentSentAt = 0;
  #sentMs: number;
  #ackedMs: number;
  #clearSentAt: number | undefined;
  #clearedEchoAt: number | undefined;
  /** The least `t - p` of the first run: when its first sample was played, one return trip later. */
  #startedAt: number | undefined;
  /** `t - p` of the last echo of an earlier run. */
  #earlierOffset: number | undefined;
  /** The only echo of the present run came after the `clear`: it may have been cleared. */
  #uncertain = false;
  #roundTripMs: number;
  #measured = false;

  /** @param roundTripMs what earlier generations of this stream measured */
  constructor(startMs: number, roundTripMs = DEFAULT_ROUND_TRIP_MS) {
    this.startMs = startMs;
    this.#segmentMs = startMs;
    this.#sentMs = startMs;
    this.#ackedMs = startMs;
    this.#roundTripMs = roundTripMs;
  }

  get sentMs(): number {
    return this.#sentMs;
  }

  /** Everything up to here has certainly been played. */
  get ackedMs(): number {
    return this.#ackedMs;
  }

  /** Time of a message to the far end and back, ms: measured when a mark found the buffer empty, else assumed. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** The same, if this generation has measured it. */
  get measuredRoundTripMs(): number | undefined {
    return this.#measured ? this.#roundTripMs : undefined;
  }

  /** When the first sample was played, as echoes tell: one return trip later, ms on the clock; undefined before any. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** A new run of audio starts: the far end is, or may be, out of audio. A mark at this position must follow. */
  segmentStarts(now: number): void {
    this.#segmentMs = this.#sentMs;
    this.#segmentSentAt = now;
    this.#offsets = [];
  }

  sent(ms: number): void {
    this.#sentMs += ms;
  }

  /**
   * The mark that opens a run came back. The first of a generation has found the buffer empty, so its way there and
   * back is the round trip; a later one may have waited behind a last few ms of audio.
   */
  probeEchoed(positionMs: number, now: number): void {
    if (positionMs < this.#segmentMs) this.#earlierOffset = now - positionMs;
    if (positionMs !== this.#segmentMs || this.#offsets.length > 0) return;
    if (positionMs === this.startMs) {
      this.#roundTripMs = Math.max(0, now - this.#segmentSentAt);
      this.#measured = true;
    }
    this.#observe(positionMs, now);
    if (this.#clearSentAt === undefined) this.#acknowledge(positionMs);
    else this.#uncertain = true;
  }

  /** A mark behind audio came back. Once a `clear` is out it may have been cleared: it moves no position. */
  positionEchoed(positionMs: number, now: number): void {
    if (this.#clearSentAt !== undefined) {
      // Far too early for having been played: it was cleared, and tells when.
      const comparable = this.#offsets.length > 0 && positionMs > this.#segmentMs;
      if (comparable && now - positionMs < this.#offset() - EARLY_MS) this.#clearedEchoAt ??= now;
      return;
    }
    this.#acknowledge(positionMs);
    if (positionMs > this.#segmentMs) this.#observe(positionMs, now);
    else this.#earlierOffset = now - positionMs;
  }

  clearSent(now: number): void {
    this.#clearSentAt ??= now;
  }

  /** Where playout stands, as far as echoes and elapsed time tell. */
  positionAt(now: number): number {
    return this.#clamp(now - this.#offset() + this.#roundTripMs / 2);
  }

  /** The fence came back: everything before it was played or cleared. */
  fenced(now: number): HeardPosition {
    const spread =
      this.#offsets.length < 3 ? UNCERTAIN_MS : Math.max(...this.#offsets) - Math.min(...this.#offsets);
    return {
      heardMs: Math.round(this.#clamp((this.#clearedEchoAt ?? now) - this.#offset())),
      method: 'fence',
      errorMs: Math.min(UNCERTAIN_MS, Math.ceil(spread / 2) + 1),
    };
  }

  /** No fence came: the `clear` is assumed to have taken half a round trip. */
  timedOut(now: number): HeardPosition {
    const clearedAt = this.#clearSentAt ?? now;
    return {
      heardMs: Math.round(this.#clamp(clearedAt + this.#roundTripMs - this.#offset())),
      method: 'clock',
      errorMs: Math.ceil(UNCERTAIN_MS + this.#roundTripMs / 2),
    };
  }

  /** The mark behind the last byte came back. */
  finished(): HeardPosition {
    return { heardMs: Math.round(this.#sentMs), method: 'marks', errorMs: 0 };
  }

  #acknowledge(positionMs: number): void {
    this.#ackedMs = Math.max(this.#ackedMs, Math.min(positionMs, this.#sentMs));
  }

  #observe(positionMs: number, now: number): void {
    if (this.#segmentMs === this.startMs)
      this.#startedAt = Math.min(this.#startedAt ?? Infinity, now - (positionMs - this.startMs));
    this.#offsets.push(now - positionMs);
    const latest = this.#offsets.slice(-PAUSE_ECHOES);
    const earlier = this.#offsets.slice(0, -PAUSE_ECHOES);
    if (earlier.length > 0 && Math.min(...latest) > median(earlier) + PAUSE_MS) this.#offsets = latest;
    if (this.#offsets.length > WINDOW) this.#offsets.shift();
  }

  /** Playout can only fall behind, so where the present run says little, the one before is a lower bound. */
  #offset(): number {
    const present =
      this.#offsets.length > 0
        ? median(this.#offsets)
        : this.#segmentSentAt + this.#roundTripMs - this.#segmentMs;
    const certain = this.#offsets.length > 0 && !this.#uncertain;
    return certain ? present : Math.max(present, this.#earlierOffset ?? present);
  }

  #clamp(ms: number): number {
    return Math.min(this.#sentMs, Math.max(this.#ackedMs, ms));
  }
}
