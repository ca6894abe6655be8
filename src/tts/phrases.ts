import { concatMap, from, lastValueFrom, of, tap, toArray, type Observable } from 'rxjs';
import { comfortTone } from './comfort-tone.js';
import type { SpeechChunk, SpeechWay, UtteranceVoiceOptions, VoiceOptions } from './voice.js';

/** Voices whose phrases are kept. */
const VOICES_KEPT = 32;
const FALLBACK = 'fallback';

/** Whatever may change the sound: a vendor's settings too. */
const keyOf = (options: UtteranceVoiceOptions): string =>
  JSON.stringify(
    Object.entries(options)
      .filter(([name]) => name !== 'demand' && name !== 'phrase')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Texts that are needed when a voice fails: made beforehand, in the voice of the call, so that they sound at once. */
export class Phrases {
  readonly #texts: readonly string[];
  readonly #fallback: SpeechWay | undefined;
  readonly #byVoice = new Map<string, Map<string, readonly SpeechChunk[]>>();
  readonly #pending = new Set<string>();

  constructor(texts: readonly string[], fallback: SpeechWay | undefined) {
    this.#texts = texts;
    this.#fallback = fallback;
  }

  /** Makes what is missing, one after the other; what the voice cannot say now, the fallback voice says. */
  async prepare(way: SpeechWay, options: VoiceOptions, failed: (error: unknown) => void): Promise<void> {
    try {
      const made = await this.#make(keyOf(options), way, options);
      if (made) this.#byVoice.delete(FALLBACK); // the voice can speak again
    } catch (error) {
      failed(error);
      if (this.#fallback !== undefined) await this.#make(FALLBACK, this.#fallback, {}).catch(() => undefined);
    }
  }

  /** @returns undefined when the phrase is not at hand */
  find(text: string, options: UtteranceVoiceOptions): readonly SpeechChunk[] | undefined {
    const made = [keyOf(options), FALLBACK].map((key) => this.#byVoice.get(key)?.get(text));
    return made.find((chunks) => chunks !== undefined);
  }

  /** The audio of a phrase, or at least a sign of life: mu-law, 8 kHz. */
  audio(text: string, options: VoiceOptions): Uint8Array {
    const chunks = this.find(text, options);
    return chunks === undefined ? comfortTone() : Buffer.concat(chunks.map(({ audio }) => audio));
  }

  /** @returns whether there was anything to make */
  async #make(key: string, way: SpeechWay, options: VoiceOptions): Promise<boolean> {
    const missing = this.#texts.filter((text) => this.#byVoice.get(key)?.has(text) !== true);
    if (missing.length === 0 || this.#pending.has(key)) return false;
    this.#pending.add(key);
    try {
      await lastValueFrom(from(missing).pipe(concatMap((text) => this.#speak(key, way, text, options))));
      return true;
    } finally {
      this.#pending.delete(key);
    }
  }

  #speak(key: string, way: SpeechWay, text: string, options: VoiceOptions): Observable<unknown> {
    return way.synthesize(of(text), { ...options, phrase: true }).pipe(
      toArray(),
      tap((chunks) => {
        this.#keep(key, text, chunks);
      }),
    );
  }

  #keep(key: string, text: string, chunks: readonly SpeechChunk[]): void {
    const phrases = this.#byVoice.get(key) ?? new Map<string, readonly SpeechChunk[]>();
    phrases.set(text, chunks);
    this.#byVoice.delete(key);
    this.#byVoice.set(key, phrases);
    const oldest = this.#byVoice.keys().next();
    if (this.#byVoice.size > VOICES_KEPT && oldest.done !== true) this.#byVoice.delete(oldest.value);
  }
}
