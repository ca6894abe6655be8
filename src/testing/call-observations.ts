import type { Clock } from '../call/clock.js';
import { isAudible, msToSilence } from './audibility.js';
import { CallerTrack, type Said } from './caller-track.js';
import type { HeardStretch } from './playout-buffer.js';
import type { MarkRecord, Received, SimulatedStream, Violation } from './simulated-stream.js';

const SILENCE = 0xff;

/** What happened in a simulated call. */
export type SimulatedCallEventType =
  | 'incoming'
  | 'twiml'
  | 'verb'
  | 'stream-started'
  | 'stream-stopped'
  | 'stream-error'
  | 'clear'
  | 'mark'
  | 'said'
  | 'dtmf'
  | 'violation'
  | 'error'
  | 'ended';

/** Something that happened in a call, at Twilio. */
export interface SimulatedCallEvent {
  /** ms on the clock. */
  readonly atMs: number;
  readonly type: SimulatedCallEventType;
  readonly detail: string;
}

/** Everything that can be seen and heard from Twilio's and the caller's side of a call. */
export class CallObservations {
  readonly events: SimulatedCallEvent[] = [];
  /** One per `<Stream>`, in order. */
  readonly streams: SimulatedStream[] = [];
  /** What `<Say>` verbs said. */
  readonly spoken: string[] = [];
  /** When each `clear` arrived at Twilio, ms on the clock. */
  readonly clears: number[] = [];
  /** When each `clear` left the server (over real sockets: came in), ms on the clock. */
  readonly clearsSent: number[] = [];
  protected readonly clock: Clock;
  protected readonly track: CallerTrack;

  constructor(clock: Clock) {
    this.clock = clock;
    this.track = new CallerTrack(clock);
  }

  /** The moment, ms on the clock. */
  get nowMs(): number {
    return this.clock.now();
  }

  /** What the caller has said, or is still to say, in order. */
  get said(): Said[] {
    return this.track.said;
  }

  /** The stream of the moment, or the last one. */
  get stream(): SimulatedStream | undefined {
    return this.streams.at(-1);
  }

  /** When the caller heard something. */
  get heard(): HeardStretch[] {
    return this.streams.flatMap((stream) => stream.playout.heard);
  }

  /** What the caller heard from `fromMs` to `toMs` on the clock: mu-law, 0xFF where nothing was played. */
  heardAudio(fromMs: number, toMs: number): Uint8Array {
    const [first, ...more] = this.streams.map((stream) => stream.playout.heardAudio(fromMs, toMs));
    if (first === undefined)
      return new Uint8Array(Math.max(0, Math.round((toMs - fromMs) * 8))).fill(SILENCE);
    for (const track of more)
      track.forEach((byte, index) => {
        if (byte !== SILENCE) first[index] = byte;
      });
    return first;
  }

  /** Every byte the caller heard, gaps left out. */
  heardBytes(): Uint8Array {
    return Buffer.concat(this.streams.map((stream) => stream.playout.heardBytes()));
  }

  /** What the caller said from `fromMs` to `toMs` on the clock: mu-law, 0xFF where silent, no echo. */
  callerAudio(fromMs: number, toMs: number): Uint8Array {
    return this.track.audio(fromMs, toMs);
  }

  /** Audio waiting at Twilio, ms. */
  get heldMs(): number {
    return this.stream?.playout.heldMs ?? 0;
  }

  /** The most that ever waited at Twilio, ms. */
  get peakHeldMs(): number {
    return Math.max(0, ...this.streams.map((stream) => stream.playout.peakHeldMs));
  }

  /** Whether anything was to be heard in the 5 ms from `ms` on the clock. */
  audibleAt(ms: number): boolean {
    return isAudible(this.heardAudio(ms, ms + 5));
  }

  /**
   * When silence began: the first moment from `afterMs` on that no sound followed for `forMs`, or until now.
   *
   * @param afterMs ms on the clock
   * @param forMs how long it must stay silent, ms; without it, to this moment
   * @returns ms on the clock
   */
  silentFrom(afterMs: number, forMs = Infinity): number {
    return afterMs + msToSilence(this.heardAudio(afterMs, this.clock.now()), forMs);
  }

  /** From `sinceMs`, say the onset of the caller's speech, to the agent's falling silent for 300 ms; in ms. */
  onsetToSilenceMs(sinceMs: number): number {
    return this.silentFrom(sinceMs, 300) - sinceMs;
  }

  /** All well-formed messages of the server in order of arrival. */
  get received(): Received[] {
    return this.streams.flatMap((stream) => stream.received);
  }

  get marks(): MarkRecord[] {
    return this.streams.flatMap((stream) => stream.marks);
  }

  get violations(): Violation[] {
    return this.streams.flatMap((stream) => stream.violations);
  }

  /** Audio that arrived on the present stream after its last `clear`, ms. */
  get mediaAfterClear(): number {
    return this.stream?.mediaAfterClear ?? 0;
  }

  /** Events of one type. */
  eventsOf(type: SimulatedCallEventType): SimulatedCallEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  protected record(type: SimulatedCallEventType, detail = ''): void {
    this.events.push({ atMs: this.clock.now(), type, detail });
  }
}
