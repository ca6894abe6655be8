import { encodeMuLaw, MU_LAW_BYTES_PER_MS, MU_LAW_SILENCE } from '../../audio/mu-law.js';
import { Resampler } from '../../audio/resampler.js';
import type { AlignedText } from '../voice.js';
import { ByteLru } from './byte-lru.js';
import { type Flite, type FliteSpeech, type FliteVoice, isPause } from './flite.js';
import { speechGain } from './levels.js';
import { speakable, spokenText, type SpokenSpan } from './speakable.js';
import { type WordTime, wordTimes } from './word-times.js';

/** One clause as it will be played. */
export interface SpokenClause {
  /** mu-law, 8 kHz. */
  readonly audio: Uint8Array;
  readonly alignment: readonly AlignedText[];
}

const TELEPHONE_HZ = 8000;
/** Silence kept before the first sound, and after the last one by what ends the clause, ms. */
const LEAD_MS = 30;
const SENTENCE_TAIL_MS = 220;
const COMMA_TAIL_MS = 90;
const WORD_CACHE_BYTES = 1 << 20;

/** Speaks clauses: reads, synthesises, levels, trims and aligns; what was said before comes from a cache. */
export class ClauseSpeaker {
  readonly #clauses: ByteLru<SpokenClause>;
  readonly #words = new ByteLru<readonly string[]>(WORD_CACHE_BYTES);

  constructor(
    private readonly flite: Flite,
    cacheBytes: number,
  ) {
    this.#clauses = new ByteLru(cacheBytes);
  }

  /** @param stretch duration factor: 2 speaks half as fast */
  speak(text: string, voice: FliteVoice, stretch: number): SpokenClause {
    const key = `${voice} ${stretch} ${text}`;
    const known = this.#clauses.get(key);
    if (known !== undefined) return known;
    const clause = this.#synthesize(text, voice, stretch);
    this.#clauses.set(key, clause, clause.audio.length + 2 * key.length + 64 * clause.alignment.length);
    return clause;
  }

  #synthesize(text: string, voice: FliteVoice, stretch: number): SpokenClause {
    const spans = speakable(text);
    if (spans.every(({ words }) => words.length === 0)) return silent(text);
    const speech = this.flite.synthesize(endedText(spans), voice, stretch);
    const words = spans.flatMap((span) => span.words);
    const times = wordTimes(speech.phones, this.#phonesOf(words));
    const { startMs, endMs } = soundingPart(speech, tailMs(spans));
    return {
      audio: cut(telephoneAudio(speech), startMs, endMs),
      alignment: alignSpans(spans, times, startMs, endMs),
    };
  }

  #phonesOf(words: readonly string[]): (readonly string[])[] {
    const unknown = [...new Set(words)].filter((word) => this.#words.get(word) === undefined);
    const found = new Map<string, readonly string[]>();
    this.flite.phonesOf(unknown).forEach((phones, index) => {
      const word = unknown[index] ?? '';
      found.set(word, phones);
      this.#words.set(word, phones, 100);
    });
    return words.map((word) => found.get(word) ?? this.#words.get(word) ?? []);
  }
}

const silent = (text: string): SpokenClause => ({
  audio: new Uint8Array(0),
  alignment: [{ text, startMs: 0, endMs: 0 }],
});

/** flite drops its voice at a full stop; a clause that goes on must not end like a sentence. */
function endedText(spans: readonly SpokenSpan[]): string {
  const text = spokenText(spans);
  return /[.,?!]$/.test(text) ? text : `${text}.`;
}

function tailMs(spans: readonly SpokenSpan[]): number {
  const pause = spans.findLast(({ words }) => words.length > 0)?.pause ?? '';
  return pause === ',' ? COMMA_TAIL_MS : SENTENCE_TAIL_MS;
}

/** From shortly before the first phone to the wanted silence after the last, ms. */
function soundingPart({ phones }: FliteSpeech, tail: number): WordTime {
  const first = phones.findIndex(({ name }) => !isPause(name));
  const last = phones.findLast(({ name }) => !isPause(name));
  const onset = phones[first - 1]?.endMs ?? 0;
  return { startMs: Math.max(0, onset - LEAD_MS), endMs: (last?.endMs ?? onset) + tail };
}

function telephoneAudio({ samples, sampleRate }: FliteSpeech): Uint8Array {
  const gain = speechGain(samples);
  const resampler = new Resampler(sampleRate, TELEPHONE_HZ);
  const levelled = Float32Array.from(samples, (sample) => sample * gain);
  const [body, rest] = [resampler.process(levelled), resampler.flush()];
  const audio = new Uint8Array(body.length + rest.length);
  encodeMuLaw(body, audio);
  encodeMuLaw(rest, audio.subarray(body.length));
  return audio;
}

/** Beyond its end the audio is silence. */
function cut(audio: Uint8Array, startMs: number, endMs: number): Uint8Array {
  const start = Math.round(startMs * MU_LAW_BYTES_PER_MS);
  const part = new Uint8Array(Math.round(endMs * MU_LAW_BYTES_PER_MS) - start).fill(MU_LAW_SILENCE);
  part.set(audio.subarray(start, start + part.length));
  return part;
}

/** The time of a span is that of its words, from the first byte of the cut audio. */
function alignSpans(
  spans: readonly SpokenSpan[],
  times: readonly WordTime[],
  startMs: number,
  endMs: number,
): AlignedText[] {
  const shift = (time: number) => Math.min(Math.max(0, time - startMs), endMs - startMs);
  let next = 0;
  return spans.map(({ source, words }) => {
    const first = times[next];
    next += words.length;
    const last = times[next - 1];
    return { text: source, startMs: shift(first?.startMs ?? 0), endMs: shift(last?.endMs ?? 0) };
  });
}
