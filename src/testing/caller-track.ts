import type { Clock } from '../call/clock.js';

const BYTES_PER_MS = 8;
const SILENCE = 0xff;

/** A stretch of caller speech. */
export interface Said {
  /** When its first sample leaves the caller's mouth, ms on the clock. */
  readonly startMs: number;
  readonly durationMs: number;
  /** When its last sample has been spoken, ms on the clock. */
  readonly endMs: number;
}

/** What the caller says, on the clock's time, whether or not a stream is there to carry it. */
export class CallerTrack {
  readonly #clock: Clock;
  readonly #parts: { readonly start: number; readonly audio: Uint8Array }[] = [];
  #end = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Speaks mu-law audio now, or as soon as what was said before is over. */
  say(audio: Uint8Array): Said {
    const start = Math.max(this.#end, Math.ceil(this.#clock.now() * BYTES_PER_MS - 1e-6));
    this.#parts.push({ start, audio });
    this.#end = start + audio.length;
    const durationMs = audio.length / BYTES_PER_MS;
    return { startMs: start / BYTES_PER_MS, durationMs, endMs: this.#end / BYTES_PER_MS };
  }

  /** Stops talking: what was still to be said is not said. */
  hush(): void {
    const now = Math.ceil(this.#clock.now() * BYTES_PER_MS - 1e-6);
    const kept = this.#parts
      .filter(({ start }) => start < now)
      .map(({ start, audio }) => ({ start, audio: audio.subarray(0, now - start) }));
    this.#parts.splice(0, this.#parts.length, ...kept);
    this.#end = Math.min(this.#end, now);
  }

  /** What was said by the caller, in order; stretches without a gap between them are one. */
  get said(): Said[] {
    const stretches: { start: number; end: number }[] = [];
    for (const { start, audio } of this.#parts) {
      const end = start + audio.length;
      const last = stretches.at(-1);
      if (last?.end === start) last.end = end;
      else stretches.push({ start, end });
    }
    return stretches.map(({ start, end }) => ({
      startMs: start / BYTES_PER_MS,
      durationMs: (end - start) / BYTES_PER_MS,
      endMs: end / BYTES_PER_MS,
    }));
  }

  /** mu-law from `fromMs` to `toMs`, 0xFF where the caller was silent. */
  audio(fromMs: number, toMs: number): Uint8Array {
    const from = Math.round(fromMs * BYTES_PER_MS);
    const track = new Uint8Array(Math.max(0, Math.round(toMs * BYTES_PER_MS) - from)).fill(SILENCE);
    for (let index = this.#parts.length - 1; index >= 0; index--) {
      const part = this.#parts[index];
      if (part === undefined || part.start + part.audio.length <= from) break;
      const skip = Math.max(0, from - part.start);
      const at = part.start + skip - from;
      if (at < track.length) track.set(part.audio.subarray(skip, skip + track.length - at), at);
    }
    return track;
  }
}
