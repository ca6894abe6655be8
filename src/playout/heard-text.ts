import type { SpeechChunk } from '../tts/voice.js';

/** How text was mapped to time. */
export type TextMethod =
  /** By the voice's own word or character times. */
  | 'aligned'
  /** By letters, evenly over each stretch of audio. */
  | 'proportional'
  /** The voice gave no text. */
  | 'none';

export interface HeardText {
  /** The words of which at least half was played. */
  readonly heard: string;
  /** The rest of what had been synthesised. */
  readonly unheard: string;
  readonly method: TextMethod;
  /** Expected size of the error of the mapping from time to text, ms; 0 for the voice's own times. */
  readonly errorMs: number;
}

interface Span {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Speaking rate assumed while the length of a stretch is not known: 15 letters a second. */
const MS_PER_LETTER = 1000 / 15;
/** How far a voice strays from an even rate: share of the way from the nearest known time. */
const RATE_DRIFT = 0.25;
/** Error of a proportional estimate next to a known time, ms: about a syllable. */
const SYLLABLE_MS = 120;

/** Stands inside a word when letters follow at once on both sides. */
const JOINT = /^[-–'’/.@:_&+#]$/;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Collects what an utterance says and when, and tells which words lie before a position. */
export class SpokenText {
  #spans: Span[] = [];
  #texts: { readonly text: string; readonly atMs: number }[] = [];
  #estimated = false;

  /** @param atMs position of the chunk's first byte in the utterance, ms */
  append(chunk: SpeechChunk, atMs: number): void {
    if (chunk.resumed === true) this.takeBack(atMs);
    for (const { text, startMs, endMs } of chunk.alignment ?? [])
      this.#spans.push({ text, startMs: atMs + startMs, endMs: atMs + endMs });
    if (chunk.alignment === undefined && chunk.text !== undefined && chunk.text !== '') {
      this.#texts.push({ text: chunk.text, atMs });
      this.#estimated = true;
    }
  }

  /**
   * Forgets the words of which less than half lies before `atMs`: they will be said again.
   * @returns the text that stays
   */
  takeBack(atMs: number): string {
    const spans = this.#timeline(atMs, false);
    const text = spans.map((span) => span.text).join('');
    const heard = heardLength(text, spans, atMs);
    const kept = text.slice(0, heard) + (/^\s+/.exec(text.slice(heard))?.[0] ?? '');
    let left = kept.length;
    this.#texts = [];
    this.#spans = [];
    for (const span of spans) {
      if (left <= 0) break;
      this.#spans.push({ ...span, text: span.text.slice(0, left), endMs: Math.min(span.endMs, atMs) });
      left -= span.text.length;
    }
    return kept;
  }

  /**
   * @param heardMs heard position in the utterance, ms
   * @param endMs length of the utterance as far as it was synthesised, ms
   * @param complete whether nothing more was to come
   */
  at(heardMs: number, endMs: number, complete: boolean): HeardText {
    const spans = this.#timeline(endMs, complete);
    const method = this.#estimated ? 'proportional' : spans.length > 0 ? 'aligned' : 'none';
    const text = spans.map((span) => span.text).join('');
    if (complete && heardMs >= endMs) return { heard: text.trim(), unheard: '', method, errorMs: 0 };
    const end = heardLength(text, spans, heardMs);
    const errorMs = this.#estimated ? estimateError(spans, heardMs) : 0;
    return { heard: text.slice(0, end).trim(), unheard: text.slice(end).trim(), method, errorMs };
  }

  #timeline(endMs: number, complete: boolean): Span[] {
    return [...this.#spans, ...this.#proportional(endMs, complete)].sort((a, b) => a.startMs - b.startMs);
  }

  #proportional(endMs: number, complete: boolean): Span[] {
    return this.#texts.map(({ text, atMs }, index) => {
      const next = this.#texts[index + 1]?.atMs;
      const estimate = atMs + text.length * MS_PER_LETTER;
      const end = next ?? (complete ? endMs : Math.max(endMs, estimate));
      return { text, startMs: atMs, endMs: end };
    });
  }
}

/** The nearer a stretch's ends, whose times are known, the smaller. */
function estimateError(spans: readonly Span[], atMs: number): number {
  const span = spans.findLast(({ startMs }) => startMs <= atMs);
  if (span === undefined) return 0;
  const awayMs = Math.max(0, Math.min(atMs - span.startMs, span.endMs - atMs));
  return Math.round(SYLLABLE_MS + awayMs * RATE_DRIFT);
}

/** Length of the text up to the last word of which at least half lies before `heardMs`. */
function heardLength(text: string, spans: readonly Span[], heardMs: number): number {
  const times = letterTimes(text, spans);
  let heard = 0;
  for (const { start, end } of wordsOf(text)) {
    const from = times.starts[start] ?? 0;
    const to = times.ends[end - 1] ?? from;
    if ((from + to) / 2 > heardMs) break;
    heard = end;
  }
  const trailing = /^[^\s\p{L}\p{N}]*/u.exec(text.slice(heard));
  return heard === 0 ? 0 : heard + (trailing?.[0].length ?? 0);
}

/** Where words lie; what is joined without a space, such as an address or a compound with hyphens, is one word. */
function* wordsOf(text: string): Generator<{ start: number; end: number }> {
  let word: { start: number; end: number } | undefined;
  let joined = false;
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    const end = index + segment.length;
    if (isWordLike !== true) {
      joined = word !== undefined && JOINT.test(segment);
      continue;
    }
    if (word !== undefined && joined) word.end = end;
    else {
      if (word !== undefined) yield word;
      word = { start: index, end };
    }
    joined = false;
  }
  if (word !== undefined) yield word;
}

/** Start and end of each letter in ms: the letters of a span share its time evenly, white space takes none. */
function letterTimes(text: string, spans: readonly Span[]): { starts: Float64Array; ends: Float64Array } {
  const starts = new Float64Array(text.length);
  const ends = new Float64Array(text.length);
  let at = 0;
  for (const span of spans) {
    const letters = Math.max(1, span.text.replace(/\s/g, '').length);
    const step = (span.endMs - span.startMs) / letters;
    let letter = 0;
    for (const unit of span.text.split('')) {
      starts[at] = span.startMs + letter * step;
      if (/\S/.test(unit)) letter++;
      ends[at] = span.startMs + letter * step;
      at++;
    }
  }
  return { starts, ends };
}
