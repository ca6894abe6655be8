import { Alarm } from '../alarm.js';
import type { Clock } from '../clock.js';
import type { MediaSink, StreamEndReason, StreamReceiver } from '../stream.js';
import type { CloseOutcome, ToCall, ToSocket } from './relay-messages.js';

/** Twilio sends audio every 20 ms: an instance that tells of none for so long is gone, ms. */
const LOST_MS = 3_000;

/** A stream of a call of this instance whose socket is at another one. */
export class CallSide implements MediaSink {
  /** Nobody can know how much waits at the other instance's socket. */
  readonly bufferedBytes = 0;
  readonly #tell: (message: ToSocket) => void;
  readonly #over: () => void;
  readonly #watch: Alarm;
  #receiver: StreamReceiver | undefined;
  #isOver = false;

  /** @param over called once, when the stream is over */
  constructor(clock: Clock, tell: (message: ToSocket) => void, over: () => void) {
    this.#tell = tell;
    this.#over = over;
    this.#watch = new Alarm(clock);
  }

  /** From now on the call hears what comes on the stream. */
  attach(receiver: StreamReceiver): void {
    this.#receiver = receiver;
    this.#heard();
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
    this.#tell({ kind: 'close', ...(outcome === undefined ? {} : { outcome }) });
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

  /** The other instance cannot be reached any more. */
  lost(): void {
    this.#end('socket-closed');
  }

  #heard(): void {
    this.#watch.set(LOST_MS, () => {
      this.lost();
    });
  }

  #say(message: ToSocket): void {
    if (!this.#isOver) this.#tell(message);
  }

  #end(reason: StreamEndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.stop();
    this.#over();
    this.#receiver?.ended(reason);
  }
}
