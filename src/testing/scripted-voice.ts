import { Observable, type Subscriber } from 'rxjs';
import type { CancelTimer, Clock } from '../call/clock.js';
import type { SpeechChunk, Voice, UtteranceVoiceOptions } from '../tts/voice.js';
import { readScript, scriptedChunk, splitWords } from './scripted-chunk.js';

const MS_PER_WORD = 300;

/** How a scripted voice speaks; times in ms. */
export interface VoiceScript {
  /** Audio per word, 300 by default. */
  readonly msPerWord?: number;
  /** Length of a chunk, or of each in turn, 200 by default. */
  readonly chunkMs?: number | readonly number[];
  /** From the first word to the first chunk, 50 by default. */
  readonly firstChunkDelayMs?: number;
  /** Between chunks, 20 by default: faster than real time. */
  readonly chunkDelayMs?: number | ((chunk: number) => number);
  /** What the chunks tell about the text, `words` by default; `none` gives the text without times. */
  readonly alignment?: 'words' | 'chars' | 'none';
  /** Fails after so much audio. */
  readonly failAfterMs?: number;
  /** Never says anything again after so much audio. */
  readonly stallAfterMs?: number;
  /** What it fails with. */
  readonly error?: Error;
}

/** One utterance that was asked for. */
export interface ScriptedUtterance {
  /** From 1, in order of subscription; also what its audio says. */
  readonly number: number;
  readonly options: UtteranceVoiceOptions | undefined;
  /** The text so far. */
  text: string;
  /** Audio handed out, ms. */
  emittedMs: number;
  state: 'active' | 'complete' | 'failed' | 'cancelled';
}

/** A voice whose audio tells which millisecond of which utterance it is: read it with `readScript`. */
export class ScriptedVoice implements Voice {
  readonly name = 'scripted';
  readonly utterances: ScriptedUtterance[] = [];
  readonly #clock: Clock;
  readonly #script: (utterance: number) => VoiceScript;

  /** @param script the same for all utterances, or by number from 1 */
  constructor(clock: Clock, script: VoiceScript | ((utterance: number) => VoiceScript) = {}) {
    this.#clock = clock;
    this.#script = typeof script === 'function' ? script : () => script;
  }

  synthesize(text$: Observable<string>, options?: UtteranceVoiceOptions): Observable<SpeechChunk> {
    return new Observable((subscriber) => {
      const number = this.utterances.length + 1;
      const utterance: ScriptedUtterance = { number, options, text: '', emittedMs: 0, state: 'active' };
      this.utterances.push(utterance);
      const speaker = new Speaker(this.#clock, this.#script(number), utterance, subscriber);
      const subscription = text$.subscribe({
        next: (piece) => {
          speaker.write(piece);
        },
        error: (error: unknown) => {
          speaker.fail(error);
        },
        complete: () => {
          speaker.finish();
        },
      });
      return () => {
        subscription.unsubscribe();
        speaker.stop();
      };
    });
  }

  /**
   * The words in audio of this voice, in order: those of which at least half was played, as in the call's own account.
   * @param audio mu-law, 8 kHz, with anything in between
   */
  heard(audio: Uint8Array): string {
    const playedMs = new Map<number, Map<number, number>>();
    for (const { utterance, ms } of readScript(audio)) {
      const word = Math.floor(ms / this.#msPerWord(utterance));
      const words = playedMs.get(utterance) ?? new Map<number, number>();
      words.set(word, (words.get(word) ?? 0) + 1);
      playedMs.set(utterance, words);
    }
    return [...playedMs].flatMap(([number, words]) => this.#played(number, words)).join(' ');
  }

  #played(utterance: number, playedMs: ReadonlyMap<number, number>): string[] {
    const words = this.utterances[utterance - 1]?.text.match(/\S+/g) ?? [];
    return words.filter((_, index) => (playedMs.get(index) ?? 0) >= this.#msPerWord(utterance) / 2);
  }

  #msPerWord(utterance: number): number {
    return this.#script(utterance).msPerWord ?? MS_PER_WORD;
  }

  /** Utterances being spoken. */
  get active(): number {
    return this.utterances.filter(({ state }) => state === 'active').length;
  }

  /** Utterances that were unsubscribed from before their end. */
  get cancelled(): number {
    return this.utterances.filter(({ state }) => state === 'cancelled').length;
  }
}

class Speaker {
  readonly #clock: Clock;
  readonly #script: VoiceScript;
  readonly #utterance: ScriptedUtterance;
  readonly #subscriber: Subscriber<SpeechChunk>;
  readonly #words: string[] = [];
  #tail = '';
  #complete = false;
  #chunks = 0;
  #cancelTimer: CancelTimer | undefined;

  constructor(
    clock: Clock,
    script: VoiceScript,
    utterance: ScriptedUtterance,
    subscriber: Subscriber<SpeechChunk>,
  ) {
    this.#clock = clock;
    this.#script = script;
    this.#utterance = utterance;
    this.#subscriber = subscriber;
  }

  write(piece: string): void {
    this.#utterance.text += piece;
    const { words, rest } = splitWords(this.#tail + piece);
    this.#words.push(...words);
    this.#tail = rest;
    this.#arm();
  }

  finish(): void {
    if (this.#tail.trim() !== '') this.#words.push(this.#tail);
    this.#complete = true;
    this.#arm();
  }

  fail(error: unknown): void {
    this.#utterance.state = 'failed';
    this.#subscriber.error(error);
  }

  stop(): void {
    if (this.#utterance.state === 'active') this.#utterance.state = 'cancelled';
    this.#cancelTimer?.();
  }

  get #msPerWord(): number {
    return this.#script.msPerWord ?? MS_PER_WORD;
  }

  /** Schedules the next chunk, as far as there is text for it. */
  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#utterance.state !== 'active') return;
    if (this.#utterance.emittedMs >= (this.#script.stallAfterMs ?? Infinity)) return;
    const pending = this.#words.length * this.#msPerWord > this.#utterance.emittedMs;
    if (!pending && !this.#complete) return;
    const { firstChunkDelayMs = 50, chunkDelayMs = 20 } = this.#script;
    const between = typeof chunkDelayMs === 'function' ? chunkDelayMs(this.#chunks) : chunkDelayMs;
    this.#cancelTimer = this.#clock.after(
      !pending ? 0 : this.#chunks === 0 ? firstChunkDelayMs : between,
      () => {
        this.#cancelTimer = undefined;
        this.#speak();
        this.#arm();
      },
    );
  }

  #speak(): void {
    const {
      failAfterMs = Infinity,
      stallAfterMs = Infinity,
      chunkMs = 200,
      alignment = 'words',
    } = this.#script;
    const fromMs = this.#utterance.emittedMs;
    if (fromMs >= failAfterMs) {
      this.fail(this.#script.error ?? new Error('the scripted voice fails'));
      return;
    }
    const length = typeof chunkMs === 'number' ? chunkMs : (chunkMs[this.#chunks % chunkMs.length] ?? 200);
    const limit = Math.min(this.#words.length * this.#msPerWord, failAfterMs, stallAfterMs);
    const toMs = Math.min(fromMs + length, limit);
    if (toMs > fromMs) {
      this.#chunks++;
      this.#utterance.emittedMs = toMs;
      const { number } = this.#utterance;
      this.#subscriber.next(scriptedChunk(number, fromMs, toMs, this.#words, this.#msPerWord, alignment));
    } else if (this.#complete) {
      this.#utterance.state = 'complete';
      this.#subscriber.complete();
    }
  }
}
