import type { AlignedText, SpeechChunk } from '../tts/voice.js';

const BYTES_PER_MS = 8;
const SYNC = 0x30;
/** The digits' bytes follow it: together with the sync byte about -20 dBFS, as loud as people speak. */
const DATA = 0xb0;
const DIGIT = 0x3f;

/** Where in which utterance a millisecond of audio belongs. */
export interface ScriptPosition {
  /** From 1. */
  readonly utterance: number;
  /** ms from the utterance's first byte. */
  readonly ms: number;
}

/**
 * Audio of one utterance, never silent: each 8 bytes (1 ms) say which millisecond they are. A sync byte, 12 bits of
 * utterance and 24 bits of ms in sixes, a checksum; data bytes lie between 0xB0 and 0xEF.
 */
export function scriptedAudio(utterance: number, fromMs: number, toMs: number): Uint8Array {
  const audio = new Uint8Array(Math.max(0, toMs - fromMs) * BYTES_PER_MS);
  for (let at = 0, ms = fromMs; at < audio.length; at += BYTES_PER_MS, ms++) {
    const digits = [utterance >> 6, utterance, ms >> 18, ms >> 12, ms >> 6, ms].map((value) => value & DIGIT);
    audio.set([SYNC, ...digits.map((digit) => DATA + digit), DATA + checksum(digits)], at);
  }
  return audio;
}

/** The whole milliseconds of scripted audio in `bytes`, in order, at any byte offset and with anything in between. */
export function readScript(bytes: Uint8Array): ScriptPosition[] {
  const found: ScriptPosition[] = [];
  for (let at = 0; at + BYTES_PER_MS <= bytes.length; at++) {
    const position = positionAt(bytes, at);
    if (position === undefined) continue;
    found.push(position);
    at += BYTES_PER_MS - 1;
  }
  return found;
}

/** The last whole millisecond of scripted audio in `bytes`. */
export function lastHeard(bytes: Uint8Array): ScriptPosition | undefined {
  for (let at = bytes.length - BYTES_PER_MS; at >= 0; at--) {
    const position = positionAt(bytes, at);
    if (position !== undefined) return position;
  }
  return undefined;
}

/** Complete words, each with the white space around it, and what is not yet known to be one. */
export function splitWords(text: string): { words: string[]; rest: string } {
  const words = text.match(/\s*\S+\s+/g) ?? [];
  return { words, rest: text.slice(words.join('').length) };
}

/** Audio from `fromMs` to `toMs` of an utterance, with the words that begin in it. */
export function scriptedChunk(
  utterance: number,
  fromMs: number,
  toMs: number,
  words: readonly string[],
  msPerWord: number,
  alignment: 'words' | 'chars' | 'none',
): SpeechChunk {
  const audio = scriptedAudio(utterance, fromMs, toMs);
  const starting = words
    .map((text, index) => ({
      text,
      startMs: index * msPerWord - fromMs,
      endMs: (index + 1) * msPerWord - fromMs,
    }))
    .filter(({ startMs }) => startMs >= 0 && startMs < toMs - fromMs);
  if (alignment === 'none') return { audio, text: starting.map(({ text }) => text).join('') };
  return { audio, alignment: alignment === 'words' ? starting : starting.flatMap(characters) };
}

function characters({ text, startMs, endMs }: AlignedText): AlignedText[] {
  const letters = Array.from(text);
  const step = (endMs - startMs) / letters.length;
  return letters.map((letter, index) => ({
    text: letter,
    startMs: startMs + index * step,
    endMs: startMs + (index + 1) * step,
  }));
}

function positionAt(bytes: Uint8Array, at: number): ScriptPosition | undefined {
  if (bytes[at] !== SYNC) return undefined;
  const digits = Array.from(bytes.subarray(at + 1, at + BYTES_PER_MS), (byte) => byte - DATA);
  if (digits.some((digit) => digit < 0 || digit > DIGIT)) return undefined;
  const [high = 0, low = 0, ...time] = digits.slice(0, -1);
  if (checksum(digits.slice(0, -1)) !== digits.at(-1)) return undefined;
  return { utterance: (high << 6) | low, ms: time.reduce((sum, digit) => (sum << 6) | digit, 0) };
}

function checksum(digits: readonly number[]): number {
  return digits.reduce((sum, digit, index) => sum + digit * (index + 1), 7) & DIGIT;
}
