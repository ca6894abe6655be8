import type { CancelTimer, Clock } from '../call/clock.js';
import type { CallObservations } from '../testing/call-observations.js';
import type { Lanes, Note } from './lanes.js';

const WINDOW_MS = 500;
/** A window is drawn that much later: an event may be recognised only after it happened, as silence is. */
const BEHIND = 2;

const within = (ms: number | undefined, fromMs: number, toMs: number) =>
  ms !== undefined && ms >= fromMs && ms < toMs;

/** Draws a call while it goes on, window by window, in the order in which things happened. */
export class LiveDrawing {
  readonly #call: CallObservations;
  readonly #clock: Clock;
  readonly #lanes: Lanes;
  readonly #write: (line: string) => void;
  readonly #startMs: number;
  readonly #heldMs: number[] = [];
  #notes: Note[] = [];
  #drawn = 0;
  readonly #cancel: CancelTimer;

  constructor(call: CallObservations, clock: Clock, lanes: Lanes, write: (line: string) => void) {
    this.#call = call;
    this.#clock = clock;
    this.#lanes = lanes;
    this.#write = write;
    this.#startMs = clock.now();
    lanes.header().forEach(write);
    this.#cancel = clock.every(WINDOW_MS, () => {
      this.#tick();
    });
  }

  note(note: Note): void {
    this.#notes.push(note);
  }

  /** Draws what is left. */
  finish(): void {
    this.#cancel();
    while (this.#startMs + this.#drawn * WINDOW_MS < this.#clock.now()) this.#drawNext();
  }

  #tick(): void {
    this.#heldMs.push(this.#call.heldMs);
    while (this.#drawn <= this.#heldMs.length - BEHIND) this.#drawNext();
  }

  #drawNext(): void {
    const fromMs = this.#startMs + this.#drawn * WINDOW_MS;
    const toMs = fromMs + WINDOW_MS;
    const glimpse = {
      callerAudio: this.#call.callerAudio(fromMs, toMs),
      heardAudio: this.#call.heardAudio(fromMs, toMs),
      heldMs: this.#heldMs[this.#drawn] ?? 0,
      marks: this.#call.marks.filter(({ echoedMs }) => within(echoedMs, fromMs, toMs)).length,
    };
    this.#write(this.#lanes.glimpse(fromMs - this.#startMs, glimpse));
    this.#notesBefore(toMs, fromMs).forEach((note) => {
      this.#lanes.note(note.atMs - this.#startMs, note).forEach(this.#write);
    });
    this.#notes = this.#notes.filter(({ atMs }) => atMs >= toMs);
    this.#drawn++;
  }

  #notesBefore(toMs: number, fromMs: number): Note[] {
    const clears = [
      ...this.#call.clearsSent.map((atMs) => ({ atMs, text: 'clear sent' })),
      ...this.#call.clears.map((atMs) => ({ atMs, text: 'clear at Twilio' })),
    ].filter(({ atMs }) => within(atMs, fromMs, toMs));
    return [
      ...this.#notes.filter(({ atMs }) => atMs < toMs),
      ...clears.map((clear): Note => ({ ...clear, lane: 'agent', tone: 'alarm' })),
    ].sort((one, other) => one.atMs - other.atMs);
  }
}
