import { decodeMuLaw, encodeMuLaw, MU_LAW_BYTES_PER_MS } from '../audio/mu-law.js';
import type { CancelTimer, Clock } from '../call/clock.js';
import { InboundMessages, type StreamIdentity } from './inbound-messages.js';
import { checkOutbound, type OutboundMessage } from './outbound-check.js';
import { PlayoutBuffer } from './playout-buffer.js';

const FRAME_MS = 20;
const MAX_HELD_MS = 600_000;

/** The caller's ear leaks into the caller's microphone. */
export interface EchoPath {
  /** Loudness of the echo relative to what was heard, dB; negative. */
  readonly gainDb: number;
  /** From ear to microphone, ms. */
  readonly delayMs: number;
}

/** What Twilio found wrong, with its error code. */
export interface Violation {
  readonly atMs: number;
  readonly code: 31950 | 31951 | 31931;
  readonly reason: string;
}

/** A well-formed message of the server, as it arrived at Twilio. */
export interface Received {
  readonly atMs: number;
  readonly event: 'media' | 'mark' | 'clear';
  /** mu-law; `media` only. */
  readonly audio?: Uint8Array;
  /** `mark` only. */
  readonly name?: string;
}

/** A mark on its way: received by Twilio, and sent back. */
export interface MarkRecord {
  readonly name: string;
  readonly receivedMs: number;
  /** When the echo left Twilio, ms on the clock; undefined while it is queued. */
  readonly echoedMs: number | undefined;
}

export interface SimulatedStreamOptions extends StreamIdentity {
  readonly clock: Clock;
  readonly parameters: Readonly<Record<string, string>>;
  /** mu-law of what the caller says from `fromMs` to `toMs` on the clock. */
  readonly microphone: (fromMs: number, toMs: number) => Uint8Array;
  readonly echo?: EchoPath | undefined;
  /** Timestamp of the first media message, ms. */
  readonly firstTimestampMs?: number | undefined;
  /** Puts a text frame on its way to the server. */
  readonly send: (text: string) => void;
  readonly onReceived?: (received: Received) => void;
  readonly onViolation?: (violation: Violation) => void;
}

/** Twilio's end of one bidirectional media stream: sends the caller, plays the agent, judges what it is sent. */
export class SimulatedStream {
  readonly streamSid: string;
  readonly playout: PlayoutBuffer;
  readonly received: Received[] = [];
  readonly violations: Violation[] = [];
  readonly marks: MarkRecord[] = [];
  readonly #options: SimulatedStreamOptions;
  readonly #clock: Clock;
  readonly #messages: InboundMessages;
  readonly #echoGain: number;
  #state: 'new' | 'open' | 'over' = 'new';
  #startMs = 0;
  #frames = 0;
  #cancelFrame: CancelTimer | undefined;

  constructor(options: SimulatedStreamOptions) {
    this.streamSid = options.streamSid;
    this.#options = options;
    this.#clock = options.clock;
    this.#messages = new InboundMessages(options, options.firstTimestampMs ?? 120);
    this.#echoGain = options.echo === undefined ? 0 : 10 ** (options.echo.gainDb / 20);
    this.playout = new PlayoutBuffer(options.clock, (name) => {
      this.#echoMark(name);
    });
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** Audio that arrived after the last `clear`, ms; 0 without a `clear`. */
  get mediaAfterClear(): number {
    const last = this.received.findLastIndex(({ event }) => event === 'clear');
    if (last < 0) return 0;
    return this.received
      .slice(last)
      .reduce((sum, { audio }) => sum + (audio?.length ?? 0) / MU_LAW_BYTES_PER_MS, 0);
  }

  /** Sends `connected` and `start`; from now on the caller is sent too, 20 ms each 20 ms. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'open';
    this.#startMs = this.#clock.now();
    this.#options.send(this.#messages.connected());
    this.#send(this.#messages.start(this.#options.parameters));
    this.#armFrame();
  }

  /** A frame of the server arrives at Twilio. */
  receive(raw: string | Buffer, isBinary: boolean): void {
    if (!this.open) return;
    const check = checkOutbound(raw, isBinary, this.streamSid);
    if ('ok' in check) this.#take(check.ok);
    else this.#violated(check.violation.code, check.violation.reason);
  }

  /** One key: 0-9, *, #, A-D. */
  dtmf(digit: string): void {
    if (this.open) this.#send(this.#messages.dtmf(digit));
  }

  /** Ends the stream in good order: the last message is `stop`. */
  stop(): void {
    if (this.open) this.#send(this.#messages.stop());
    this.end();
  }

  /** Ends the stream without a word; what is queued is never heard. */
  end(): void {
    this.#state = 'over';
    this.#cancelFrame?.();
    this.playout.stop();
  }

  #take(message: OutboundMessage): void {
    const atMs = this.#clock.now();
    switch (message.event) {
      case 'media':
        this.#takeMedia(Buffer.from(message.media.payload, 'base64'), atMs);
        return;
      case 'mark':
        this.#receive({ atMs, event: 'mark', name: message.mark.name });
        this.marks.push({ name: message.mark.name, receivedMs: atMs, echoedMs: undefined });
        this.playout.mark(message.mark.name);
        return;
      case 'clear':
        this.#receive({ atMs, event: 'clear' });
        this.playout.clear();
    }
  }

  #takeMedia(audio: Uint8Array, atMs: number): void {
    if (this.playout.heldMs + audio.length / MU_LAW_BYTES_PER_MS > MAX_HELD_MS) {
      this.#violated(31931, 'more than 10 minutes of audio queued');
      return;
    }
    this.#receive({ atMs, event: 'media', audio });
    this.playout.push(audio);
  }

  #receive(received: Received): void {
    this.received.push(received);
    this.#options.onReceived?.(received);
  }

  #violated(code: Violation['code'], reason: string): void {
    const violation = { atMs: this.#clock.now(), code, reason };
    this.violations.push(violation);
    this.#options.onViolation?.(violation);
  }

  #echoMark(name: string): void {
    const index = this.marks.findIndex((mark) => mark.name === name && mark.echoedMs === undefined);
    const mark = this.marks[index];
    if (mark !== undefined) this.marks[index] = { ...mark, echoedMs: this.#clock.now() };
    this.#send(this.#messages.mark(name));
  }

  #send(text: string): void {
    if (this.open) this.#options.send(text);
  }

  /** Sends every frame that is due: a late real timer catches up instead of drifting. */
  #armFrame(): void {
    if (!this.open) return;
    const dueMs = this.#startMs + (this.#frames + 1) * FRAME_MS;
    if (dueMs <= this.#clock.now() + 1e-6) {
      this.#sendFrame(dueMs - FRAME_MS);
      this.#armFrame();
      return;
    }
    this.#cancelFrame = this.#clock.after(dueMs - this.#clock.now(), () => {
      this.#armFrame();
    });
  }

  #sendFrame(fromMs: number): void {
    this.#frames++;
    const said = this.#options.microphone(fromMs, fromMs + FRAME_MS);
    this.#send(this.#messages.media(this.#withEcho(said, fromMs), fromMs - this.#startMs));
  }

  #withEcho(said: Uint8Array, fromMs: number): Uint8Array {
    if (this.#options.echo === undefined) return said;
    const earMs = fromMs - this.#options.echo.delayMs;
    const echo = decodeMuLaw(this.playout.heardAudio(earMs, earMs + FRAME_MS));
    const near = decodeMuLaw(said);
    return encodeMuLaw(
      Float32Array.from(near, (sample, index) => sample + (echo[index] ?? 0) * this.#echoGain),
    );
  }
}
