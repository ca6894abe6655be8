import type { MediaSink, StreamAcceptor, StreamReceiver, StreamStart } from '../call/stream.js';

/** Hands every stream on with a sink whose `clear` goes nowhere. */
export class WithoutClear implements StreamAcceptor {
  constructor(private readonly inner: StreamAcceptor) {}

  accept(start: StreamStart, sink: MediaSink): StreamReceiver {
    return this.inner.accept(start, new DeafSink(sink));
  }
}

class DeafSink implements MediaSink {
  constructor(private readonly inner: MediaSink) {}

  get bufferedBytes(): number {
    return this.inner.bufferedBytes;
  }

  media(audio: Uint8Array): void {
    this.inner.media(audio);
  }

  mark(name: string): void {
    this.inner.mark(name);
  }

  clear(): void {
    // This is the bug: what was sent ahead stays in Twilio's buffer and is played.
  }

  close(outcome: 'completed' | 'failed'): void {
    this.inner.close(outcome);
  }
}
