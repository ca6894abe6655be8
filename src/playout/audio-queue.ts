/** The audio of one utterance, addressed by byte; what has certainly been heard is let go. */
export class AudioQueue {
  #chunks: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #end = 0;

  /** Bytes pushed so far. */
  get end(): number {
    return this.#end;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push({ at: this.#end, bytes });
    this.#end += bytes.length;
  }

  /** `length` bytes from `at`; the caller has checked that they are there. No copy when one chunk holds them all. */
  read(at: number, length: number): Uint8Array {
    const first = this.#chunks.findIndex((chunk) => at < chunk.at + chunk.bytes.length);
    const chunk = this.#chunks[first];
    if (chunk === undefined) return new Uint8Array(0);
    if (at + length <= chunk.at + chunk.bytes.length)
      return chunk.bytes.subarray(at - chunk.at, at - chunk.at + length);
    const joined = new Uint8Array(length);
    for (let filled = 0, index = first; filled < length; index++) {
      const next = this.#chunks[index];
      if (next === undefined) break;
      const part = next.bytes.subarray(at + filled - next.at, at + length - next.at);
      joined.set(part, filled);
      filled += part.length;
    }
    return joined;
  }

  /** Lets go of what lies wholly before `at`. */
  trim(at: number): void {
    while (this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined || chunk.at + chunk.bytes.length > at) return;
      this.#chunks.shift();
    }
  }

  /** Lets go of what lies at `end` or behind it; nothing has been read from there. */
  truncate(end: number): void {
    const kept = this.#chunks.filter((chunk) => chunk.at < end);
    this.#chunks = kept.map(({ at, bytes }) => ({ at, bytes: bytes.subarray(0, end - at) }));
    this.#end = Math.min(this.#end, end);
  }

  clear(): void {
    this.#chunks = [];
  }
}
