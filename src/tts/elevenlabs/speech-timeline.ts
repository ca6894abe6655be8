import type { VoicedSpan } from '../clauses/voiced-text.js';
import type { AlignedText, SpeechChunk } from '../voice.js';
import type { CharacterTimes } from './server-message.js';

const BYTES_PER_MS = 8;
/** An ordinary voice, ms per character of what is spoken, white space included. */
const USUAL_MS = 1000 / 15;
/** A fast one: less audio than that is not all of it. */
const FAST_MS = 40;
/** The least that a letter takes when the voice's own times are known, ms. */
const LEAST_MS = 30;
/** Audio at a context's beginning that comes without times for so long will have none, ms. */
const UNDECIDED_MS = 100;
/** The same behind a clause that had its times: pauses have none either. */
const UNTIMED_MS = 600;
/** Times may reach so far beyond the audio, ms, or this share of it: their sum is not exactly its length. */
const SLACK_MS = 250;
const SLACK = 0.03;
/** A character that the server left out is looked for so far ahead, code units. */
const LOOK_AHEAD = 4;

interface Clause {
  readonly start: number;
  readonly end: number;
  readonly spans: readonly VoicedSpan[];
}

/**
 * What one context was given to say, and when it says it. Audio is the clock: a position is bytes / 8 ms. The server's
 * times may count from the context's, the segment's or the message's first sample, come once or with every message, or
 * start again: the base that continues where the last character ended is the right one. Clauses without times are
 * estimated, between what is known of their ends.
 */
export class SpeechTimeline {
  readonly #clauses: Clause[] = [];
  readonly #spans: { readonly source: string; readonly end: number }[] = [];
  #spoken = '';
  #audioMs = 0;
  /** Length of the spoken text that has times, or estimates. */
  #timed = 0;
  /** Start and end of the last character that has times, ms. */
  #timedFromMs = 0;
  #timedUntilMs = 0;
  /** Audio that must have come by now, ms. */
  #dueUntilMs = 0;
  #baseMs = 0;
  #nextSpan = 0;
  #spanStartMs: number | undefined;
  #hasTimes = false;
  #estimates = 0;
  /** Audio when each flush was done, ms. */
  readonly #flushedAtMs: number[] = [];

  /** Audio so far, ms. */
  get audioMs(): number {
    return this.#audioMs;
  }

  /** A clause was sent. One without anything to say belongs to its neighbour. */
  wrote(spans: readonly VoicedSpan[]): void {
    const start = this.#spoken.length;
    for (const { source, spoken } of spans) {
      this.#spoken += spoken;
      this.#spans.push({ source, end: this.#spoken.length });
    }
    const end = this.#spoken.length;
    if (end > start) this.#clauses.push({ start, end, spans });
  }

  /** All audio of another clause has come. */
  flushed(): void {
    this.#flushedAtMs.push(this.#audioMs);
  }

  /** A message with audio, times or both. */
  received(audio: Uint8Array, times: CharacterTimes | undefined): SpeechChunk {
    const beforeMs = this.#audioMs;
    this.#audioMs += audio.length / BYTES_PER_MS;
    const estimated = times === undefined ? this.#estimateNext() : undefined;
    const spans = estimated ?? (times === undefined ? [] : this.#align(times, beforeMs));
    const alignment = spans.map((span) => relativeTo(beforeMs, span));
    return { audio, alignment, ...(estimated === undefined ? {} : { estimated: true }) };
  }

  /** What was never given a time: it is told as the end of what was said. */
  rest(): SpeechChunk | undefined {
    const text = this.#spans
      .slice(this.#nextSpan)
      .map(({ source }) => source)
      .join('');
    if (text === '') return undefined;
    const startMs = Math.min(0, (this.#spanStartMs ?? this.#timedUntilMs) - this.#audioMs);
    return { audio: new Uint8Array(0), alignment: [{ text, startMs, endMs: 0 }] };
  }

  /** Speech of clauses of which not all audio has come, roughly, ms. */
  get dueMs(): number {
    const late = this.#audioMs < this.#dueUntilMs;
    return this.#clauses
      .filter(({ end }) => end > this.#timed + 1 || (late && end >= this.#timed))
      .reduce((sum, { start, end }) => sum + (end - start) * USUAL_MS, 0);
  }

  /** Whether audio of the text sent so far is still to come. */
  get isShort(): boolean {
    if (this.#audioMs < this.#dueUntilMs) return true;
    if (this.#estimates > 0 && this.#flushedAtMs.length > 0)
      return this.#flushedAtMs.length < this.#clauses.length;
    const left = this.#spoken.slice(this.#timed).match(/[\p{L}\p{N}]/gu)?.length ?? 0;
    const leastMs = left * (this.#hasTimes ? LEAST_MS : FAST_MS);
    return left > 0 && this.#audioMs - this.#timedUntilMs < leastMs;
  }

  /** The next clause, when its audio has come without times. */
  #estimateNext(): AlignedText[] | undefined {
    const index = this.#clauses.findIndex(({ end }) => end > this.#timed + 1);
    const clause = this.#clauses[index];
    if (clause === undefined || clause.start > this.#timed + 1 || this.#timed > clause.start)
      return undefined;
    const startMs = this.#startOf(index);
    const untimedMs = this.#audioMs - startMs;
    const isDone = this.#flushedAtMs.length > index;
    if (!isDone && untimedMs < (this.#hasTimes ? UNTIMED_MS : UNDECIDED_MS)) return undefined;
    if (index > 0 && !this.#hasTimes && this.#flushedAtMs.length > 0 && this.#flushedAtMs.length < index)
      return undefined;
    return this.#estimate(clause, startMs);
  }

  /** Where a clause's audio begins: behind the flush before it, else behind the last character, as far as known. */
  #startOf(index: number): number {
    return this.#flushedAtMs[index - 1] ?? this.#timedUntilMs;
  }

  #estimate({ start, end, spans }: Clause, startMs: number): AlignedText[] {
    let at = start;
    const told = spans.map(({ source, spoken }) => {
      const from = startMs + (at - start) * USUAL_MS;
      at += spoken.length;
      return { text: source, startMs: from, endMs: startMs + (at - start) * USUAL_MS };
    });
    this.#estimates++;
    this.#timed = end;
    this.#timedFromMs = startMs;
    this.#timedUntilMs = startMs + (end - start) * USUAL_MS;
    this.#dueUntilMs = startMs + (end - start) * FAST_MS;
    const before = this.#spans.slice(this.#nextSpan).findIndex((span) => span.end > start);
    const silent = this.#spans.slice(this.#nextSpan, this.#nextSpan + before).map(({ source }) => source);
    this.#nextSpan += before + spans.length;
    this.#spanStartMs = undefined;
    if (silent.length === 0) return told;
    return [{ text: silent.join(''), startMs, endMs: startMs }, ...told];
  }

  #align({ chars, startsMs, durationsMs }: CharacterTimes, beforeMs: number): AlignedText[] {
    this.#hasTimes = true;
    let at = this.#place(chars.join(''));
    let base: number | undefined;
    const told: AlignedText[] = [];
    chars.forEach((char, index) => {
      const isSpace = char.trim() === '';
      const next = isSpace ? at : this.#next(char, at);
      if (next === undefined) return; // none of ours
      at = next;
      if (at < this.#timed || (at === this.#timed && !isSpace)) return; // it has its times already
      const startMs = startsMs[index] ?? 0;
      base ??= this.#base(startMs, beforeMs);
      const from = Math.max(this.#timedFromMs, base + startMs);
      const to = Math.max(from, base + startMs + (durationsMs[index] ?? 0));
      this.#timed = at;
      this.#timedFromMs = from;
      this.#timedUntilMs = to;
      this.#dueUntilMs = to - Math.max(SLACK_MS, to * SLACK);
      if (!isSpace) told.push(...this.#spansUntil(at, from, to));
    });
    if (base !== undefined) this.#baseMs = base;
    return told;
  }

  /** Where in the spoken text a message's characters begin: they go on, or begin a clause again. */
  #place(chars: string): number {
    const letters = folded(chars.replace(/\s/g, ''));
    const fits = (start: number) => {
      const text = folded(this.#spoken.slice(start).replace(/\s/g, ''));
      return text !== '' && (text.startsWith(letters) || letters.startsWith(text));
    };
    if (fits(this.#timed)) return this.#timed;
    return this.#clauses.findLast(({ start }) => start <= this.#timed && fits(start))?.start ?? this.#timed;
  }

  /** Position behind `char`, which may have lost white space or neighbours on its way; undefined: it is none of ours. */
  #next(char: string, at: number): number | undefined {
    const wanted = folded(char.trim());
    const found = folded(this.#spoken.slice(at, at + LOOK_AHEAD + wanted.length)).indexOf(wanted);
    return found === -1 ? undefined : at + found + wanted.length;
  }

  #base(startMs: number, beforeMs: number): number {
    const off = (base: number) => Math.abs(base + startMs - this.#timedUntilMs);
    return [0, this.#baseMs].reduce((best, base) => (off(base) < off(best) ? base : best), beforeMs);
  }

  /** The spans whose last letter lies before `at`. */
  #spansUntil(at: number, fromMs: number, toMs: number): AlignedText[] {
    const told: AlignedText[] = [];
    this.#spanStartMs ??= fromMs;
    for (let span = this.#spans[this.#nextSpan]; span !== undefined; span = this.#spans[this.#nextSpan]) {
      if (/\S/.test(this.#spoken.slice(at, span.end))) break;
      told.push({ text: span.source, startMs: this.#spanStartMs, endMs: toMs });
      this.#nextSpan++;
      this.#spanStartMs = undefined;
      if (span.end >= at) break;
      this.#spanStartMs = fromMs;
    }
    return told;
  }
}

/** Lower case, as far as it is as long: positions must not move ("İ" would become two characters). */
const folded = (text: string): string =>
  text.replace(/\p{Lu}/gu, (letter) => {
    const lower = letter.toLowerCase();
    return lower.length === letter.length ? lower : letter;
  });

const relativeTo = (originMs: number, { text, startMs, endMs }: AlignedText): AlignedText => ({
  text,
  startMs: startMs - originMs,
  endMs: endMs - originMs,
});
