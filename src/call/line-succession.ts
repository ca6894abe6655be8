import type { Clock } from './clock.js';
import type { StreamReceiver } from './stream.js';

/** The receiving half of a call whose media stream may be followed by another one. */
export class LineSuccession {
  #current: StreamReceiver | undefined;
  /** The newest audio: its timestamp, and when it came. */
  #last: { readonly timestampMs: number; readonly atMs: number } | undefined;

  /** A receiver in front of `call` for the next stream: those of former streams say nothing any more. */
  next(clock: Clock, call: StreamReceiver): StreamReceiver {
    const former = this.#last;
    let offsetMs: number | undefined;
    const receiver: StreamReceiver = {
      // A new stream counts from 0 again, a call goes on.
      audio: (mulaw, timestampMs) => {
        if (this.#current !== receiver) return;
        const atMs = clock.now();
        offsetMs ??=
          former === undefined ? 0 : Math.round(former.timestampMs + atMs - former.atMs - timestampMs);
        this.#last = { timestampMs: timestampMs + offsetMs, atMs };
        call.audio(mulaw, timestampMs + offsetMs);
      },
      mark: (name) => {
        if (this.#current === receiver) call.mark(name);
      },
      digit: (digit) => {
        if (this.#current === receiver) call.digit(digit);
      },
      ended: (reason) => {
        if (this.#current === receiver) call.ended(reason);
      },
    };
    this.#current = receiver;
    return receiver;
  }
}
