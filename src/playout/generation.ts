import { Ledger } from './ledger.js';
import type { MarkName } from './mark-name.js';
import { Pacer, type PacerOptions } from './pacer.js';
import type { RoundTrips } from './round-trips.js';

/** With less than this left at the far end a new probe is worth its bytes, ms. */
const LOW_MS = 60;

/** What an utterance sends between two clears: its ledger, its pacer, and which marks are out. */
export class Generation {
  readonly ledger: Ledger;
  readonly pacer: Pacer;
  /** The far end has, or may have, run out of audio: a probe goes before the next frame. */
  probeDue = true;
  readonly #markSpacingMs: number;
  #lastMarkMs: number;

  /** @param startMs position in the utterance */
  constructor(
    readonly number: number,
    startMs: number,
    options: PacerOptions,
    roundTrips: RoundTrips,
  ) {
    this.ledger = new Ledger(startMs, roundTrips.usual);
    this.pacer = new Pacer(options, roundTrips);
    this.#markSpacingMs = options.markSpacingMs;
    this.#lastMarkMs = startMs;
  }

  /** When the next frame may go, ms on the clock. */
  nextFrameAt(now: number): number {
    return this.pacer.nextFrameAt(this.#sentMs, now);
  }

  /** Audio the far end still has, by our clock, ms. */
  heldMs(now: number): number {
    return Math.max(0, this.pacer.heldMs(this.#sentMs, now));
  }

  /** Whether the far end may still be playing. A tail without a mark, as in a stall, is over by our clock. */
  isAudible(now: number): boolean {
    const { ackedMs, sentMs, roundTripMs } = this.ledger;
    if (ackedMs >= sentMs) return false;
    return ackedMs < this.#lastMarkMs || this.pacer.heldMs(this.#sentMs, now) + roundTripMs > 0;
  }

  /** Whether it has sent something and the far end has nothing of it left, by our clock. */
  ranDry(now: number): boolean {
    return this.#sentMs > 0 && this.heldMs(now) === 0;
  }

  /** Audio goes on after a pause. @returns whether a probe must be sent first */
  restart(now: number): boolean {
    this.probeDue = false;
    const low = this.heldMs(now) < LOW_MS;
    this.pacer.anchor(this.#sentMs, now);
    if (low) this.ledger.segmentStarts(now);
    return low;
  }

  /** @param atEnd nothing more is ready to be sent */
  markDue(atEnd: boolean): boolean {
    const unmarkedMs = this.ledger.sentMs - this.#lastMarkMs;
    return unmarkedMs >= this.#markSpacingMs || (unmarkedMs > 0 && atEnd);
  }

  /** A mark behind everything that was sent. @returns its position in the utterance, ms */
  marked(): number {
    this.#lastMarkMs = this.ledger.sentMs;
    return this.#lastMarkMs;
  }

  /** A probe or a position came back. */
  echoed({ kind, ms }: MarkName, now: number): void {
    if (kind === 'probe') this.ledger.probeEchoed(ms, now);
    else this.ledger.positionEchoed(ms, now);
  }

  /** Whether we have sent such a mark. */
  sentMark({ generation, kind, ms }: MarkName): boolean {
    return generation === this.number && (kind !== 'position' || ms <= this.#lastMarkMs);
  }

  get #sentMs(): number {
    return this.ledger.sentMs - this.ledger.startMs;
  }
}
