import type { RoundTrips } from './round-trips.js';

/** ms of audio in a frame: 160 bytes of mu-law at 8 kHz. */
export const FRAME_MS = 20;

export interface PacerOptions {
  /** Audio the far end holds at least while we talk, ms; `Infinity` sends everything at once. */
  readonly leadMs: number;
  /** Audio between two marks, ms. */
  readonly markSpacingMs: number;
}

/** Frames go out this long before the lead would be touched: the timer may be late. */
const EARLY_MS = 10;
/** Later than this is more than jitter: the far end has paused. */
const LATE_MS = 30;
/** So many late echoes in a row, and the schedule slips. */
const LATE_ECHOES = 3;
/** Assumed round trip as long as nothing is known, ms. */
const DEFAULT_ROUND_TRIP_MS = 80;
/** Without any echo for so long the far end seems not to return marks, and the cap would block for ever. */
const NO_ECHO_YET_MS = 1_000;
const NO_ECHO_MS = 5_000;

/**
 * Decides when the next frame may go: on an absolute schedule (no drift), never with more unacknowledged audio than
 * the lead, the round trip and one mark spacing explain, and later for good when marks show that the far end paused.
 * Positions are ms of audio since the generation began.
 */
export class Pacer {
  readonly #options: PacerOptions;
  /** When position 0 would have been played without any delay. */
  #anchor = 0;
  #started = false;
  #roundTrip: number | undefined;
  readonly #roundTrips: RoundTrips;
  #late: number[] = [];
  #ackedMs = 0;
  #lastEchoAt: number | undefined;
  #startedAt = 0;

  /** @param roundTrips what this stream usually takes: a slower start is a stall */
  constructor(options: PacerOptions, roundTrips: RoundTrips) {
    this.#options = options;
    this.#roundTrips = roundTrips;
  }

  /** Audio the far end holds by our own clock, ms; 0 or less when it has run dry. */
  heldMs(sentMs: number, now: number): number {
    return this.#started ? sentMs - (now - this.#anchor) : 0;
  }

  /** Starts the schedule, or starts it again when the far end has run dry. */
  anchor(sentMs: number, now: number): void {
    if (this.#started && this.heldMs(sentMs, now) > 0) return;
    if (!this.#started) this.#startedAt = now;
    this.#started = true;
    this.#anchor = now - sentMs;
    this.#late = [];
    this.#roundTrip = undefined;
  }

  /** @returns when the next frame may go, ms on the clock; an echo may make it sooner */
  nextFrameAt(sentMs: number, now: number): number {
    const { leadMs } = this.#options;
    if (leadMs === Infinity) return now;
    // Held back so long that the far end has run dry, we have no lost time to make up for.
    if (this.heldMs(sentMs, now) <= -leadMs) this.anchor(sentMs, now);
    const scheduled = this.#anchor + sentMs - leadMs - EARLY_MS;
    if (sentMs + FRAME_MS - this.#ackedMs <= this.#cap()) return scheduled;
    return Math.max(scheduled, this.#capDroppedAt());
  }

  /** An echo of `positionMs` arrived. */
  echoed(positionMs: number, now: number): void {
    this.#ackedMs = Math.max(this.#ackedMs, positionMs);
    this.#lastEchoAt = now;
    const roundTrip = now - this.#anchor - positionMs;
    this.#roundTrip ??= Math.max(0, roundTrip <= this.#usualMs + LATE_MS ? roundTrip : this.#usualMs);
    const late = roundTrip - this.#roundTrip;
    if (late < 0) this.#roundTrip = Math.max(0, roundTrip);
    if (late <= LATE_MS) this.#late = [];
    else if (this.#late.push(late) >= LATE_ECHOES) this.#slip();
  }

  get #usualMs(): number {
    return this.#roundTrips.usual ?? DEFAULT_ROUND_TRIP_MS;
  }

  #slip(): void {
    this.#anchor += Math.min(...this.#late);
    this.#late = [];
  }

  /** Audio that may be under way, waiting or played without our knowing it, ms. */
  #cap(): number {
    const { leadMs, markSpacingMs } = this.#options;
    // One measurement may have been late: the shortest counts, and before the first echo no more than the default.
    const roundTrip = Math.min(this.#roundTrip ?? DEFAULT_ROUND_TRIP_MS, this.#usualMs);
    return leadMs + FRAME_MS + markSpacingMs + roundTrip;
  }

  #capDroppedAt(): number {
    const returnsMarks = this.#lastEchoAt !== undefined || this.#roundTrips.usual !== undefined;
    return (this.#lastEchoAt ?? this.#startedAt) + (returnsMarks ? NO_ECHO_MS : NO_ECHO_YET_MS);
  }
}
