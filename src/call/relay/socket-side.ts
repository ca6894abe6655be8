import { Alarm } from '../alarm.js';
import type { Clock } from '../clock.js';
import type { MediaSink, StreamEndReason, StreamReceiver } from '../stream.js';
import { type CloseOutcome, LOST_MS, type ToCall, type ToSocket } from './relay-messages.js';

type Tell = (message: ToCall) => void;

/** Most of what comes while the call is looked for: 2 s of frames. */
const MOST_HELD = 100;

/**
 * A stream whose socket is here and whose call may be at another instance. Until that is known, what comes is held; then
 * it goes there, or to a new call of this instance.
 */
export class SocketSide implements StreamReceiver {
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  readonly #sink: MediaSink;
  readonly #tell: Tell;
  readonly #watch: Alarm;
  readonly #finished: () => void;
  #receiver: StreamReceiver | undefined;
  #held: ((receiver: StreamReceiver) => void)[] = [];
  #ended: StreamEndReason | undefined;

  /** @param over called once, when it is over and whoever has the call knows */
  constructor(clock: Clock, sink: MediaSink, tell: Tell, over: () => void) {
    this.#sink = sink;
    this.#tell = tell;
    this.#watch = new Alarm(clock);
    let resolved: () => void = () => undefined;
    this.over = new Promise((resolve) => (resolved = resolve));
    this.#finished = () => {
      this.#watch.stop();
      over();
      resolved();
    };
  }

  /** Whether it is known where the call is. */
  get isSettled(): boolean {
    return this.#receiver !== undefined;
  }

  /** Whether nothing comes any more: if it has not been settled, whoever takes the call has yet to be told. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** The call is at another instance. */
  goThere(): void {
    this.#heard();
    this.#settle(distant(this.#tell));
  }

  /** There is no such call at another one. */
  stayHere(receiver: StreamReceiver): void {
    this.#settle(receiver);
  }

  /** Nobody takes it: it is closed, unless it is over already. */
  goNowhere(outcome: CloseOutcome): void {
    this.close(outcome);
    this.#finished();
  }

  audio(mulaw: Uint8Array, timestampMs: number): void {
    this.#pass((receiver) => {
      receiver.audio(mulaw, timestampMs);
    });
  }

  mark(name: string): void {
    this.#pass((receiver) => {
      receiver.mark(name);
    });
  }

  digit(digit: string): void {
    this.#pass((receiver) => {
      receiver.digit(digit);
    });
  }

  ended(reason: StreamEndReason): void {
    if (this.hasEnded) return;
    this.#ended = reason;
    if (this.#receiver !== undefined) this.#end(this.#receiver, reason);
  }

  /** Does as the call's instance says. */
  obey(message: ToSocket): void {
    if (this.hasEnded) return;
    if (this.isSettled) this.#heard();
    if (message.kind === 'media') this.#sink.media(Buffer.from(message.audio, 'base64'));
    else if (message.kind === 'mark') this.#sink.mark(message.name);
    else if (message.kind === 'clear') this.#sink.clear();
    else if (message.kind === 'close') this.close(message.outcome);
  }

  /** Ends it here, and there. */
  close(outcome?: CloseOutcome): void {
    if (this.hasEnded) return;
    try {
      this.ended('closed-by-us');
    } finally {
      this.#sink.close(outcome);
    }
  }

  /** Nobody is to wait on a silent line: not for an instance that hangs, or has forgotten the stream. */
  #heard(): void {
    this.#watch.set(LOST_MS, () => {
      this.close('failed');
    });
  }

  #settle(receiver: StreamReceiver): void {
    this.#receiver = receiver;
    for (const pass of this.#held.splice(0)) pass(receiver);
    if (this.#ended !== undefined) this.#end(receiver, this.#ended);
  }

  #end(receiver: StreamReceiver, reason: StreamEndReason): void {
    try {
      receiver.ended(reason);
    } finally {
      this.#finished(); // last: before, there is somebody to tell
    }
  }

  #pass(pass: (receiver: StreamReceiver) => void): void {
    if (this.hasEnded) return;
    if (this.#receiver !== undefined) pass(this.#receiver);
    else if (this.#held.length < MOST_HELD) this.#held.push(pass);
  }
}

/** Hands what comes on a stream over to the instance that has its call. */
const distant = (tell: Tell): StreamReceiver => ({
  audio: (mulaw, timestampMs) => {
    tell({ kind: 'audio', audio: Buffer.from(mulaw).toString('base64'), timestampMs });
  },
  mark: (name) => {
    tell({ kind: 'echo', name });
  },
  digit: (digit) => {
    tell({ kind: 'digit', digit });
  },
  ended: (reason) => {
    tell({ kind: 'ended', reason });
  },
});
