import type { MediaSink, StreamEndReason, StreamReceiver } from '../stream.js';
import type { CloseOutcome, ToCall, ToSocket } from './relay-messages.js';

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
  readonly #finished: () => void;
  #receiver: StreamReceiver | undefined;
  #held: ((receiver: StreamReceiver) => void)[] = [];
  #isOver = false;

  /** @param ended called once, when it is over */
  constructor(sink: MediaSink, tell: Tell, ended: () => void) {
    this.#sink = sink;
    this.#tell = tell;
    let resolved: () => void = () => undefined;
    this.over = new Promise((resolve) => (resolved = resolve));
    this.#finished = () => {
      this.#isOver = true;
      ended();
      resolved();
    };
  }

  /** Whether it is known where the call is. */
  get isSettled(): boolean {
    return this.#receiver !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The call is at another instance. */
  goThere(): void {
    this.#settle(distant(this.#tell));
  }

  /** There is no such call at another one. */
  stayHere(receiver: StreamReceiver): void {
    this.#settle(receiver);
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
    if (this.#isOver) return;
    this.#pass((receiver) => {
      receiver.ended(reason);
    });
    this.#finished(); // last: before, there is somebody to tell
  }

  /** Does as the call's instance says. */
  obey(message: ToSocket): void {
    if (this.#isOver) return;
    if (message.kind === 'media') this.#sink.media(Buffer.from(message.audio, 'base64'));
    else if (message.kind === 'mark') this.#sink.mark(message.name);
    else if (message.kind === 'clear') this.#sink.clear();
    else if (message.kind === 'close') this.close(message.outcome);
  }

  /** The call's instance knows. */
  close(outcome?: CloseOutcome): void {
    if (this.#isOver) return;
    this.#finished();
    this.#sink.close(outcome);
  }

  /** Nobody is to wait on a silent line. */
  fail(): void {
    if (this.#isOver) return;
    this.ended('closed-by-us');
    this.#sink.close('failed');
  }

  #settle(receiver: StreamReceiver): void {
    this.#receiver = receiver;
    for (const pass of this.#held.splice(0)) pass(receiver);
  }

  #pass(pass: (receiver: StreamReceiver) => void): void {
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
