import type { VoicedSpan } from '../clauses/voiced-text.js';
import type { AlignedText, SpeechChunk } from '../voice.js';
import type { CharacterTimes } from './server-message.js';

const BYTES_PER_MS = 8;
/** No voice is faster, ms per letter: less audio than that is not all of it. */
const FASTEST_MS_PER_LETTER = 30;
/** An ordinary voice, ms per letter. */
const USUAL_MS_PER_LETTER = 66;
/** Audio that comes without times for so long will have none, ms. */
const UNDECIDED_MS = 100;
/** Times may reach so far beyond the audio, ms. */
const SLACK_MS = 250;
/** A character that the server left out is looked for so far ahead, code units. */
const LOOK_AHEAD = 16;

interface Clause {
  readonly source: string;
  readonly letters: number;
}

const lettersIn = (text: string): number => text.replace(/\s/g, '').length;

/**
 * What one context was given to say, and when it says it. Audio is the clock: a position is bytes / 8 ms. The server's
 * times may count from the context's, the segment's or the message's first sample, come once or with every message,
 * start again, or be missing: the base that continues where the last character ended is the right one.
 */
export class SpeechTimeline {
  readonly #spans: { readonly source: string; readonly end: number }[] = [];
  readonly #clauses: Clause[] = [];
  /** Where in the spoken text each clause begins. */
  readonly #clauseStarts: number[] = [];
  #spoken = '';
  #mode: 'undecided' | 'aligned' | 'proportional' = 'undecided';
  #audioMs = 0;
  /** Length of the spoken text that has times. */
  #timed = 0;
  /** Start and end of the last character that has times, ms. */
  #timedFromMs = 0;
  #timedUntilMs = 0;
  #baseMs = 0;
  #nextSpan = 0;
  #spanStartMs: number | undefined;
  #told = 0;
  #flushes = 0;
  #toldAtMs = 0;

  /** Audio so far, ms. */
  get audioMs(): number {
    return this.#audioMs;
  }

  /** A clause was sent. */
  wrote(spans: readonly VoicedSpan[]): void {
    this.#clauseStarts.push(this.#spoken.length);
    const from = this.#spoken.length;
    for (const { source, spoken } of spans) {
      this.#spoken += spoken;
      this.#spans.push({ source, end: this.#spoken.length });
    }
    const source = spans.map((span) => span.source).join('');
    this.#clauses.push({ source, letters: lettersIn(this.#spoken.slice(from)) });
  }

  /** All audio of another clause has come. */
  flushed(): void {
    this.#flushes++;
  }

  /** A message with audio, times or both. */
  received(audio: Uint8Array, times: CharacterTimes | undefined): SpeechChunk {
    const beforeMs = this.#audioMs;
    this.#audioMs += audio.length / BYTES_PER_MS;
    if (this.#mode === 'undecided') this.#decide(times);
    if (this.#mode === 'proportional') return { audio, ...this.#tellClause(beforeMs) };
    const aligned = times === undefined ? [] : this.#align(times, beforeMs);
    return { audio, alignment: aligned.map((span) => relativeTo(beforeMs, span)) };
  }

  /** What was never given a time: it is told as the end of what was said. */
  rest(): SpeechChunk | undefined {
    const audio = new Uint8Array(0);
    if (this.#mode === 'proportional') {
      const text = this.#clauses.slice(this.#told).map(({ source }) => source);
      return text.length === 0 ? undefined : { audio, text: text.join('') };
    }
    const left = this.#spans.slice(this.#nextSpan).map(({ source }) => source);
    if (left.length === 0) return undefined;
    const startMs = Math.min(0, (this.#spanStartMs ?? this.#timedUntilMs) - this.#audioMs);
    return { audio, alignment: [{ text: left.join(''), startMs, endMs: 0 }] };
  }

  /** Speech of clauses of which not all audio has come, roughly, ms. */
  get dueMs(): number {
    const letters = this.#clauses
      .filter((_, index) => !this.#isDelivered(index))
      .reduce((sum, clause) => sum + clause.letters, 0);
    return letters * USUAL_MS_PER_LETTER;
  }

  /** Whether audio of the text sent so far is still to come. */
  get isShort(): boolean {
    if (this.#mode === 'aligned') {
      const left = this.#spoken.slice(this.#timed).match(/[\p{L}\p{N}]/gu)?.length ?? 0;
      const untimedMs = this.#audioMs - this.#timedUntilMs;
      return untimedMs < -SLACK_MS || (left > 0 && untimedMs < left * FASTEST_MS_PER_LETTER);
    }
    if (this.#flushes > 0) return this.#flushes < this.#clauses.length;
    return this.#audioMs < lettersIn(this.#spoken) * FASTEST_MS_PER_LETTER;
  }

  #isDelivered(index: number): boolean {
    if (this.#mode === 'aligned')
      return (this.#clauseStarts[index + 1] ?? this.#spoken.length + 1) <= this.#timed + 1;
    return index < Math.max(this.#flushes, this.#told - 1);
  }

  #decide(times: CharacterTimes | undefined): void {
    if (times !== undefined) this.#mode = 'aligned';
    else if (this.#audioMs >= UNDECIDED_MS) this.#mode = 'proportional';
  }

  /** A clause's text is told where it begins: after the one before it, as far as that is known. */
  #tellClause(atMs: number): Pick<SpeechChunk, 'text' | 'alignment'> {
    const previous = this.#clauses[this.#told - 1];
    const clause = this.#clauses[this.#told];
    if (clause === undefined) return { alignment: [] };
    if (previous !== undefined) {
      const estimate = this.#toldAtMs + previous.letters * USUAL_MS_PER_LETTER;
      const isDue = this.#flushes > 0 ? this.#flushes >= this.#told : atMs >= estimate;
      if (!isDue) return { alignment: [] };
    }
    this.#told++;
    this.#toldAtMs = atMs;
    return { text: clause.source };
  }

  #align({ chars, startsMs, durationsMs }: CharacterTimes, beforeMs: number): AlignedText[] {
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
      if (!isSpace) told.push(...this.#spansUntil(at, from, to));
    });
    if (base !== undefined) this.#baseMs = base;
    return told;
  }

  /** Where in the spoken text a message's characters begin: they go on, or begin a clause again. */
  #place(chars: string): number {
    const letters = chars.replace(/\s/g, '').toLowerCase();
    const fits = (start: number) => {
      const text = this.#spoken.slice(start).replace(/\s/g, '').toLowerCase();
      return text !== '' && (text.startsWith(letters) || letters.startsWith(text));
    };
    if (fits(this.#timed)) return this.#timed;
    return this.#clauseStarts.findLast((start) => start <= this.#timed && fits(start)) ?? this.#timed;
  }

  /** Position behind `char`, which may have lost white space or neighbours on its way; undefined: it is none of ours. */
  #next(char: string, at: number): number | undefined {
    const wanted = char.trim().toLowerCase();
    const window = this.#spoken.slice(at, at + LOOK_AHEAD).toLowerCase();
    const found = window.indexOf(wanted);
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

const relativeTo = (originMs: number, { text, startMs, endMs }: AlignedText): AlignedText => ({
  text,
  startMs: startMs - originMs,
  endMs: endMs - originMs,
});
