import { MU_LAW_SILENCE } from './mu-law.js';

/** Cuts a byte stream into frames of one length; the tail waits for the next push. */
export class FrameCutter {
  readonly #tail: Uint8Array;
  #tailLength = 0;

  /** @param frameBytes 160 bytes are 20 ms of mu-law */
  constructor(readonly frameBytes = 160) {
    if (!Number.isInteger(frameBytes) || frameBytes < 1)
      throw new RangeError('frameBytes must be a positive integer');
    this.#tail = new Uint8Array(frameBytes);
  }

  /** Whole frames, views on `bytes` wherever one push holds the frame; take them all before the next push. */
  *push(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0;
    if (this.#tailLength > 0) {
      at = this.#keep(bytes.subarray(0, this.frameBytes - this.#tailLength));
      if (this.#tailLength === this.frameBytes) yield this.#take();
    }
    for (; at + this.frameBytes <= bytes.length; at += this.frameBytes)
      yield bytes.subarray(at, at + this.frameBytes);
    this.#keep(bytes.subarray(at));
  }

  /** The tail padded with silence to a whole frame; nothing when there is no tail. */
  flush(): Uint8Array | undefined {
    if (this.#tailLength === 0) return undefined;
    this.#tail.fill(MU_LAW_SILENCE, this.#tailLength);
    return this.#take();
  }

  /** Drops the tail. */
  clear(): void {
    this.#tailLength = 0;
  }

  #keep(bytes: Uint8Array): number {
    this.#tail.set(bytes, this.#tailLength);
    this.#tailLength += bytes.length;
    return bytes.length;
  }

  #take(): Uint8Array {
    this.#tailLength = 0;
    return this.#tail.slice();
  }
}
