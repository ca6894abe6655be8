import { Alarm } from '../alarm.js';
import type { CancelTimer, Clock } from '../clock.js';
import type { MediaSink, StreamEndReason, StreamReceiver } from '../stream.js';
import { type CloseOutcome, LOST_MS, type ToCall, type ToSocket } from './relay-messages.js';

/** Also a call that says nothing tells so often that it is there, ms. */
const HERE_MS = 1_000;

/** What a stream whose socket is at another instance needs of this one. */
export interface CallSideParts {
  readonly clock: Clock;
  readonly tell: (message: ToSocket) => void;
  /** The stream is over; called once. */
  readonly over: () => void;
  /** The call threw as it was told of the end: there is nobody else to tell. */
  readonly failed: (error: unknown) => void;
}

/** A stream of a call of this instance whose socket is at another one. */
export class CallSide implements MediaSink {
  /** Nobody can know how much waits at the other instance's socket. */
  readonly bufferedBytes = 0;
  readonly #parts: CallSideParts;
  readonly #watch: Alarm;
  readonly #stopTelling: CancelTimer;
  #receiver: StreamReceiver | undefined;
  #isOver = false;

  constructor(parts: CallSideParts) {
    this.#parts = parts;
    this.#watch = new Alarm(parts.clock);
    this.#stopTelling = parts.clock.every(HERE_MS, () => {
      this.#say({ kind: 'here' });
    });
    this.#heard();
  }

  /** From now on the call hears what comes on the stream. */
  attach(receiver: StreamReceiver): void {
    this.#receiver = receiver;
  }

  media(audio: Uint8Array): void {
    this.#say({ kind: 'media', audio: Buffer.from(audio).toString('base64') });
  }

  mark(name: string): void {
    this.#say({ kind: 'mark', name });
  }

  clear(): void {
    this.#say({ kind: 'clear' });
  }

  close(outcome?: CloseOutcome): void {
    this.finish('closed-by-us', outcome);
  }

  /** Ends it, and closes its socket. */
  finish(reason: StreamEndReason, outcome?: CloseOutcome): void {
    if (this.#isOver) return;
    this.#parts.tell({ kind: 'close', ...(outcome === undefined ? {} : { outcome }) });
    this.#end(reason);
  }

  /** The other instance tells what came. */
  told(message: ToCall): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'audio':
        this.#heard();
        this.#receiver?.audio(Buffer.from(message.audio, 'base64'), message.timestampMs);
        break;
      case 'echo':
        this.#receiver?.mark(message.name);
        break;
      case 'digit':
        this.#receiver?.digit(message.digit);
        break;
      case 'ended':
        this.#end(message.reason);
        break;
      case 'start':
      case 'drain':
        break; // not for the stream
    }
  }

  /** The other instance cannot be reached any more, or not as it should; if it still hears, it is not to wait. */
  lost(): void {
    this.finish('socket-closed', 'failed');
  }

  /** Twilio sends audio every 20 ms: an instance that tells of none is gone. */
  #heard(): void {
    this.#watch.set(LOST_MS, () => {
      this.lost();
    });
  }

  #say(message: ToSocket): void {
    if (!this.#isOver) this.#parts.tell(message);
  }

  #end(reason: StreamEndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.stop();
    this.#stopTelling();
    this.#parts.over();
    try {
      this.#receiver?.ended(reason);
    } catch (error) {
      this.#parts.failed(error);
    }
  }
}
