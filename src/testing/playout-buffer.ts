import type { CancelTimer, Clock } from '../call/clock.js';

const BYTES_PER_MS = 8;
const SILENCE = 0xff;

type Item = { readonly audio: Uint8Array; offset: number } | { readonly mark: string };

/** A stretch the caller heard without a gap. */
export interface HeardStretch {
  /** When its first sample was played, ms on the clock. */
  readonly startMs: number;
  /** When its last sample had been played, ms on the clock. */
  readonly endMs: number;
}

interface Recorded {
  readonly start: number;
  readonly audio: Uint8Array;
}

/**
 * Twilio's playout buffer: audio and marks in one queue, played at exactly 8000 samples a second. A mark comes back
 * when it is reached, or at once when nothing is queued; `clear` drops the audio and returns every queued mark at
 * once, without telling which was which (Twilio, Media Streams WebSocket messages: `mark`, `clear`).
 */
export class PlayoutBuffer {
  readonly #clock: Clock;
  readonly #echo: (mark: string) => void;
  readonly #recorded: Recorded[] = [];
  #queue: Item[] = [];
  #queuedBytes = 0;
  /** Sample time at which the first queued byte is or was due. */
  #head = 0;
  #cancelTimer: CancelTimer | undefined;
  #peakHeldMs = 0;

  /** @param echo called with the name of each mark that comes back */
  constructor(clock: Clock, echo: (mark: string) => void) {
    this.#clock = clock;
    this.#echo = echo;
  }

  /** Queues mu-law audio of any length. */
  push(audio: Uint8Array): void {
    const reached = this.#advance();
    if (audio.length > 0) {
      if (this.#queue.length === 0) this.#head = this.#nowSamples();
      this.#queue.push({ audio, offset: 0 });
      this.#queuedBytes += audio.length;
      this.#peakHeldMs = Math.max(this.#peakHeldMs, this.#queuedBytes / BYTES_PER_MS);
    }
    this.#echoAll(reached); // last: the answer to an echo may be more audio
  }

  mark(name: string): void {
    const reached = this.#advance();
    if (this.#queue.length === 0) reached.push(name);
    else {
      this.#queue.push({ mark: name });
      this.#arm();
    }
    this.#echoAll(reached);
  }

  clear(): void {
    this.#play();
    const marks = this.#queue.filter((item) => 'mark' in item);
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#echoAll(marks.map(({ mark }) => mark));
  }

  /** Stops playing for good: what is queued is never heard. */
  stop(): void {
    this.#play();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Audio waiting to be played, ms. */
  get heldMs(): number {
    // Only looked at: whoever asks is about to queue more, and an echo may be answered first.
    const played = this.#queuedBytes === 0 ? 0 : Math.max(0, this.#nowSamples() - this.#head);
    return Math.max(0, this.#queuedBytes - played) / BYTES_PER_MS;
  }

  /** The most that was ever waiting, ms. */
  get peakHeldMs(): number {
    return this.#peakHeldMs;
  }

  /** Starts a new measurement of {@link peakHeldMs}. */
  resetPeak(): void {
    this.#peakHeldMs = this.heldMs;
  }

  /** When the caller heard something, silence between stretches left out. */
  get heard(): HeardStretch[] {
    this.#play();
    const stretches: { startMs: number; endMs: number }[] = [];
    for (const { start, audio } of this.#recorded) {
      const startMs = start / BYTES_PER_MS;
      const endMs = (start + audio.length) / BYTES_PER_MS;
      const last = stretches.at(-1);
      if (last?.endMs === startMs) last.endMs = endMs;
      else stretches.push({ startMs, endMs });
    }
    return stretches;
  }

  /** What the caller heard from `fromMs` to `toMs` on the clock: mu-law, 0xFF where nothing was played. */
  heardAudio(fromMs: number, toMs: number): Uint8Array {
    this.#play();
    const from = Math.round(fromMs * BYTES_PER_MS);
    const track = new Uint8Array(Math.max(0, Math.round(toMs * BYTES_PER_MS) - from)).fill(SILENCE);
    for (let index = this.#indexAt(from); index < this.#recorded.length; index++) {
      const part = this.#recorded[index];
      if (part === undefined || part.start >= from + track.length) break;
      const skip = Math.max(0, from - part.start);
      const at = part.start + skip - from;
      track.set(part.audio.subarray(skip, skip + track.length - at), at);
    }
    return track;
  }

  /** Every byte that was played, in order, gaps left out. */
  heardBytes(): Uint8Array {
    this.#play();
    const all = new Uint8Array(this.#recorded.reduce((sum, { audio }) => sum + audio.length, 0));
    let at = 0;
    for (const { audio } of this.#recorded) {
      all.set(audio, at);
      at += audio.length;
    }
    return all;
  }

  /** The first recorded part that ends after `sample`. */
  #indexAt(sample: number): number {
    let low = 0;
    let high = this.#recorded.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const part = this.#recorded[middle];
      if (part !== undefined && part.start + part.audio.length <= sample) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves everything that was due by now from the queue to the recording, and echoes the marks reached. */
  #play(): void {
    this.#echoAll(this.#advance());
  }

  #echoAll(marks: readonly string[]): void {
    for (const mark of marks) this.#echo(mark);
  }

  /** Moves everything that was due by now from the queue to the recording, and returns the marks reached. */
  #advance(): string[] {
    const now = this.#nowSamples();
    const reached: string[] = [];
    for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) {
      if ('mark' in item) {
        if (this.#head > now) return reached;
        this.#queue.shift();
        reached.push(item.mark);
        continue;
      }
      const due = Math.min(now - this.#head, item.audio.length - item.offset);
      if (due <= 0) return reached;
      this.#recorded.push({ start: this.#head, audio: item.audio.subarray(item.offset, item.offset + due) });
      item.offset += due;
      this.#head += due;
      this.#queuedBytes -= due;
      if (item.offset < item.audio.length) return reached;
      this.#queue.shift();
    }
    return reached;
  }

  /** Wakes up when the first queued mark is reached. */
  #arm(): void {
    if (this.#cancelTimer !== undefined) return;
    let bytes = 0;
    for (const item of this.#queue) {
      if ('mark' in item) {
        const dueMs = (this.#head + bytes) / BYTES_PER_MS;
        this.#cancelTimer = this.#clock.after(dueMs - this.#clock.now(), () => {
          this.#cancelTimer = undefined;
          this.#play();
          this.#arm();
        });
        return;
      }
      bytes += item.audio.length - item.offset;
    }
  }

  #nowSamples(): number {
    return Math.floor(this.#clock.now() * BYTES_PER_MS + 1e-6);
  }
}
