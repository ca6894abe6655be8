import { readScript, scriptedAudio } from '../scripted-chunk.js';

export const BYTES_PER_MS = 8;
/** Numbers that scripted audio can carry; 0 is none. */
const SCRIPT_NUMBERS = 4_095;

/** What one context or one HTTP request said. */
export interface Generation {
  /** From 1, in the order in which they began to speak; what the audio tells (see `heard`). */
  readonly number: number;
  /** Text that was to be spoken: character (code point) i sounds from i to i+1 times `msPerChar`. */
  readonly text: string;
  readonly voiceId: string;
  /** None by HTTP, and on stream-input. */
  readonly contextId?: string;
  /** Number of the socket in the journal; none by HTTP. */
  readonly socket?: number;
  readonly msPerChar: number;
  /** Audio that was generated, ms; a fault may have kept its last message back. */
  readonly audioMs: number;
}

/** A stretch of a generation in what somebody heard. */
export interface HeardGeneration {
  readonly generation: Generation;
  /** The characters of which at least half sounded. */
  readonly text: string;
  /** First and last ms of the generation that sounded. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A code point of the text; ms from the generation's first sample. */
export interface TimedChar {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Text that is generated in one go. */
export interface Segment {
  readonly chars: readonly TimedChar[];
  /** Position in the generation's audio. */
  readonly fromByte: number;
  readonly toByte: number;
}

export interface GenerationOrigin {
  readonly voiceId: string;
  readonly contextId?: string | undefined;
  readonly socket?: number | undefined;
  readonly msPerChar: number;
  /** The client did not ask for mu-law: its audio is bytes of another kind. */
  readonly opaque: boolean;
}

/** A generation under way. */
export class GenerationRecord implements Generation {
  readonly number: number;
  readonly voiceId: string;
  readonly contextId?: string;
  readonly socket?: number;
  readonly msPerChar: number;
  readonly #opaque: boolean;
  #text = '';
  #chars = 0;
  #sentBytes = 0;

  constructor(number: number, { voiceId, contextId, socket, msPerChar, opaque }: GenerationOrigin) {
    this.number = number;
    this.voiceId = voiceId;
    if (contextId !== undefined) this.contextId = contextId;
    if (socket !== undefined) this.socket = socket;
    this.msPerChar = msPerChar;
    this.#opaque = opaque;
  }

  get text(): string {
    return this.#text;
  }

  get audioMs(): number {
    return this.#sentBytes / BYTES_PER_MS;
  }

  append(text: string): Segment {
    const first = this.#chars;
    const chars = Array.from(text, (char, index) => ({
      text: char,
      startMs: (first + index) * this.msPerChar,
      endMs: (first + index + 1) * this.msPerChar,
    }));
    this.#text += text;
    this.#chars += chars.length;
    const bytesPerChar = this.msPerChar * BYTES_PER_MS;
    return { chars, fromByte: first * bytesPerChar, toByte: this.#chars * bytesPerChar };
  }

  /** The next bytes, at any length. */
  take(bytes: number): Uint8Array {
    const fromByte = this.#sentBytes;
    this.#sentBytes += bytes;
    if (this.#opaque) return new Uint8Array(bytes).fill(0x55);
    const fromMs = Math.floor(fromByte / BYTES_PER_MS);
    const toMs = Math.ceil(this.#sentBytes / BYTES_PER_MS);
    const start = fromByte - fromMs * BYTES_PER_MS;
    return scriptedAudio(scriptNumber(this.number), fromMs, toMs).slice(start, start + bytes);
  }
}

const scriptNumber = (number: number): number => ((number - 1) % SCRIPT_NUMBERS) + 1;

/** All generations that audio can tell apart: the last 4095. */
export class GenerationLog {
  readonly #records: GenerationRecord[] = [];
  #count = 0;

  get all(): readonly Generation[] {
    return this.#records;
  }

  begin(origin: GenerationOrigin): GenerationRecord {
    const record = new GenerationRecord(++this.#count, origin);
    this.#records.push(record);
    if (this.#records.length > SCRIPT_NUMBERS) this.#records.shift();
    return record;
  }

  heard(bytes: Uint8Array): HeardGeneration[] {
    const stretches: { number: number; ms: Set<number> }[] = [];
    for (const { utterance, ms } of readScript(bytes)) {
      const last = stretches.at(-1);
      if (last?.number === utterance) last.ms.add(ms);
      else stretches.push({ number: utterance, ms: new Set([ms]) });
    }
    return stretches.flatMap(({ number, ms }) => {
      const generation = this.#records.find((record) => scriptNumber(record.number) === number);
      return generation === undefined ? [] : [heardOf(generation, ms)];
    });
  }
}

function heardOf(generation: Generation, heardMs: ReadonlySet<number>): HeardGeneration {
  const { msPerChar } = generation;
  const perChar = new Map<number, number>();
  let [firstMs, lastMs] = [Infinity, 0];
  for (const ms of heardMs) {
    const char = Math.floor(ms / msPerChar);
    perChar.set(char, (perChar.get(char) ?? 0) + 1);
    firstMs = Math.min(firstMs, ms);
    lastMs = Math.max(lastMs, ms);
  }
  const text = Array.from(generation.text)
    .filter((_, index) => (perChar.get(index) ?? 0) * 2 >= msPerChar)
    .join('');
  return { generation, text, firstMs, lastMs };
}
