import { decibelFullScale } from '../../audio/level.js';
import { decodeMuLaw } from '../../audio/mu-law.js';
import type { ScribeQuery } from './scribe-query.js';

/** The audio is judged in pieces of this length, ms: whole samples at every rate. */
export const FRAME_MS = 20;
/** What is louder is voice, dBFS. */
const VOICE_DB = -50;

/** Tells voice from silence, whatever the chunks of audio are cut like. */
export class ScribeVoiceMeter {
  readonly #isMuLaw: boolean;
  readonly #frameBytes: number;
  #rest: Uint8Array = new Uint8Array();

  constructor({ audio_format: format, sample_rate: rate }: ScribeQuery) {
    this.#isMuLaw = format.startsWith('ulaw');
    this.#frameBytes = ((rate * FRAME_MS) / 1_000) * (this.#isMuLaw ? 1 : 2);
  }

  /** @returns whether each frame that is complete now has voice in it */
  hear(bytes: Uint8Array): boolean[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const voiced: boolean[] = [];
    let from = 0;
    for (; from + this.#frameBytes <= all.length; from += this.#frameBytes)
      voiced.push(this.#isVoiced(all.subarray(from, from + this.#frameBytes)));
    this.#rest = all.subarray(from);
    return voiced;
  }

  #isVoiced(frame: Buffer): boolean {
    const samples = this.#isMuLaw ? decodeMuLaw(frame) : pcmSamples(frame);
    const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
    return decibelFullScale(energy / samples.length) > VOICE_DB;
  }
}

/** 16 bits, little-endian. */
const pcmSamples = (bytes: Buffer): Int16Array =>
  Int16Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(index * 2));
