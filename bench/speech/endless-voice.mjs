import { Observable } from 'rxjs';
import { RATE } from './sound.mjs';

const CHUNK_BYTES = 500 * RATE;

/** Says the same audio over and over, and never a moment of digital silence, so that every gap at the ear is a stop. */
export class EndlessVoice {
  name = 'endless';
  #audio;
  #at = 0;

  constructor(mulaw) {
    // The two zeros of mu-law become its softest sound.
    this.#audio = mulaw.map((byte) => ((byte & 0x7f) === 0x7f ? 0xfe : byte));
  }

  /** Each utterance goes on where the last one was made up to. */
  synthesize(text$, { demand }) {
    return new Observable((subscriber) => {
      let stopped = false;
      subscriber.add(text$.subscribe());
      const speak = async () => {
        while (!stopped) {
          await demand();
          if (!stopped) subscriber.next({ audio: this.#next(), text: '' });
        }
      };
      void speak();
      return () => {
        stopped = true;
      };
    });
  }

  #next() {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let index = 0; index < CHUNK_BYTES; index++)
      chunk[index] = this.#audio[(this.#at + index) % this.#audio.length];
    this.#at = (this.#at + CHUNK_BYTES) % this.#audio.length;
    return chunk;
  }
}
