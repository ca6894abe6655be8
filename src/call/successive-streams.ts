import type { MediaSink } from './stream.js';

/** The sending half of a call whose media stream may be followed by another one. */
export class SuccessiveStreams implements MediaSink {
  #sink: MediaSink;

  constructor(first: MediaSink) {
    this.#sink = first;
  }

  get bufferedBytes(): number {
    return this.#sink.bufferedBytes;
  }

  /** From now on everything goes to this one; the one before is closed. */
  follow(sink: MediaSink): void {
    const former = this.#sink;
    this.#sink = sink;
    former.close();
  }

  media(audio: Uint8Array): void {
    this.#sink.media(audio);
  }

  mark(name: string): void {
    this.#sink.mark(name);
  }

  clear(): void {
    this.#sink.clear();
  }

  close(...outcome: Parameters<MediaSink['close']>): void {
    this.#sink.close(...outcome);
  }
}
