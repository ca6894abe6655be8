import { concatMap, from } from 'rxjs';

const CHUNK_BYTES = 8_000;

/** A voice that costs nothing: speech made before, a second at a time and only on demand. */
export class CachedVoice {
  name = 'cached';
  #chunks;

  constructor(speech) {
    const count = Math.floor(speech.length / CHUNK_BYTES);
    this.#chunks = Array.from({ length: count }, (_, index) =>
      speech.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
    );
  }

  synthesize(text$, { demand } = {}) {
    return text$.pipe(concatMap((text) => from(this.#speak(text.match(/\S+\s*/g) ?? [], demand))));
  }

  /** One chunk for each word: how long it takes does not matter, that it is not short does. */
  async *#speak(words, demand) {
    for (let index = 0; index < words.length; index++) {
      await demand?.();
      yield { audio: this.#chunks[index % this.#chunks.length], text: words[index] };
    }
  }
}
