import { endsSentence, sentenceStarts } from './sentence-starts.js';
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
  /** A text of many words; else what is told as one is said again as one. */
  readonly divisible?: boolean;
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

/** A stretch of text whose times are estimates; `endMs` counts until the next one begins. */
interface Stretch {
  readonly pieces: readonly Span[];
  readonly startMs: number;
  readonly endMs: number;
}

/** Collects what an utterance says and when, and tells which words lie before a position. */
export class SpokenText {
  #spans: Span[] = [];
  #stretches: Stretch[] = [];
  #estimated = false;

  /** @param atMs position of the chunk's first byte in the utterance, ms */
  append(chunk: SpeechChunk, atMs: number): void {
    if (chunk.resumed === true) this.takeBack(atMs);
    const { alignment, text } = chunk;
    if (alignment === undefined) {
      if (text === undefined || text === '') return;
      const endMs = atMs + text.length * MS_PER_LETTER;
      this.#stretch([{ text, startMs: atMs, endMs, divisible: true }]);
      return;
    }
    const spans = alignment.map((span) => ({
      text: span.text,
      startMs: atMs + span.startMs,
      endMs: atMs + span.endMs,
    }));
    if (chunk.estimated === true) this.#stretch(spans);
    else this.#spans.push(...spans);
  }

  /**
   * Forgets the words of which less than half lies before `atMs`: they will be said again. What stands for more than
   * one spoken word, such as an amount or a link, is said again as a whole.
   * @returns the text that stays
   */
  takeBack(atMs: number): string {
    const spans = this.#timeline(atMs, false);
    const text = spans.map((span) => span.text).join('');
    const heard = heardLength(text, spans, atMs);
    let left = heard + (/^\s+/.exec(text.slice(heard))?.[0].length ?? 0);
    this.#stretches = [];
    this.#spans = [];
    let kept = '';
    for (const span of spans) {
      if (left <= 0 || (span.divisible !== true && endsInside(span.text, left))) break;
      const piece = span.text.slice(0, left);
      kept += piece;
      this.#spans.push({
        text: piece,
        startMs: Math.min(span.startMs, atMs),
        endMs: Math.min(span.endMs, atMs),
      });
      left -= span.text.length;
    }
    return kept;
  }

  /**
   * Where the sentence being spoken at `atMs` ends, ms: the next one begins there. Undefined as long as no other
   * sentence is known to follow, and where times are only estimates: a sentence must not be cut short by an error.
   */
  sentenceEnd(atMs: number): number | undefined {
    if (this.#estimated) return undefined;
    const spans = this.#timeline(atMs, false);
    const text = spans.map((span) => span.text).join('');
    const { starts } = letterTimes(text, spans);
    return sentenceStarts(text)
      .map((index) => starts[index] ?? 0)
      .find((startMs) => startMs >= atMs);
  }

  /** Whether the audio up to `atMs` is whole sentences; false where times are only estimates. */
  endsSentenceAt(atMs: number): boolean {
    if (this.#estimated) return false;
    const spans = this.#timeline(atMs, false);
    return spans.every(({ endMs }) => endMs <= atMs) && endsSentence(spans.map(({ text }) => text).join(''));
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
    const errorMs = this.#estimated ? this.#errorAt(heardMs, endMs, complete) : 0;
    return { heard: text.slice(0, end).trim(), unheard: text.slice(end).trim(), method, errorMs };
  }

  #stretch(pieces: readonly Span[]): void {
    const startMs = pieces[0]?.startMs;
    if (startMs === undefined) return;
    this.#stretches.push({ pieces, startMs, endMs: pieces.at(-1)?.endMs ?? startMs });
    this.#estimated = true;
  }

  #timeline(endMs: number, complete: boolean): Span[] {
    return [...this.#spans, ...this.#proportional(endMs, complete)].sort((a, b) => a.startMs - b.startMs);
  }

  /** Each stretch lasts until the next begins; the last until the end, or as long as it is estimated to. */
  #proportional(endMs: number, complete: boolean): Span[] {
    return this.#stretches.flatMap(({ pieces, startMs, endMs: estimate }, index) => {
      const next = this.#stretches[index + 1]?.startMs;
      const end = next ?? (complete ? endMs : Math.max(endMs, estimate));
      const scale = estimate > startMs ? (end - startMs) / (estimate - startMs) : 1;
      const at = (ms: number) => startMs + (ms - startMs) * scale;
      return pieces.map((piece) => ({
        text: piece.text,
        startMs: at(piece.startMs),
        endMs: at(piece.endMs),
      }));
    });
  }

  /** The nearer a time that is known, the smaller: a stretch's beginning behind another one's estimate is none. */
  #errorAt(heardMs: number, endMs: number, complete: boolean): number {
    const ends = new Set(this.#stretches.map((stretch) => stretch.endMs));
    const known = this.#stretches.map(({ startMs }) => startMs).filter((startMs) => !ends.has(startMs));
    const anchors = [0, ...this.#spans.map((span) => span.endMs), ...known, ...(complete ? [endMs] : [])];
    const awayMs = Math.min(...anchors.map((anchor) => Math.abs(heardMs - anchor)));
    return Math.round(SYLLABLE_MS + awayMs * RATE_DRIFT);
  }
}

/** Whether words follow behind `length`. */
const endsInside = (text: string, length: number): boolean => /[\p{L}\p{N}]/u.test(text.slice(length));

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
