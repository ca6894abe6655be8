import { Observable } from 'rxjs';
import type { Clock } from '../../src/call/clock.js';
import { comfortTone } from '../../src/tts/comfort-tone.js';
import type { SpeechChunk, Voice } from '../../src/index.js';
import { readScript, type SimulatedCall } from '../../src/testing/index.js';

const BYTES_PER_MS = 8;
const HUM = 0x2a;

/** A fallback voice that cannot be taken for anything else: one constant tone, 60 ms per character. */
export class HummingVoice implements Voice {
  readonly name = 'humming';
  readonly texts: string[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly firstAudioMs = 100,
  ) {}

  synthesize(text$: Observable<string>): Observable<SpeechChunk> {
    return new Observable((subscriber) => {
      let text = '';
      return text$.subscribe({
        next: (piece) => (text += piece),
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          this.texts.push(text);
          const cancel = this.clock.after(this.firstAudioMs, () => {
            subscriber.next({ audio: new Uint8Array(text.length * 60 * BYTES_PER_MS).fill(HUM), text });
            subscriber.complete();
          });
          subscriber.add(cancel);
        },
      });
    });
  }
}

export type SoundKind = 'speech' | 'hum' | 'tone' | 'silence' | 'noise';

/** A stretch of one kind at the caller's ear, ms on the clock. */
export interface Sound {
  readonly kind: SoundKind;
  readonly startMs: number;
  readonly endMs: number;
}

/** What the caller heard from the stream's first audio to `untilMs`, judged from the bytes alone. */
export function soundsOf(call: SimulatedCall, fromMs: number, untilMs: number): Sound[] {
  const playout = call.stream?.playout;
  if (playout === undefined) return [];
  const bytes = playout.heardAudio(fromMs, untilMs);
  const sounds: { kind: SoundKind; startMs: number; endMs: number }[] = [];
  for (let at = 0; at < bytes.length;) {
    const { kind, length } = soundAt(bytes, at);
    const last = sounds.at(-1);
    if (last?.kind === kind) last.endMs += length / BYTES_PER_MS;
    else {
      const startMs = fromMs + at / BYTES_PER_MS;
      sounds.push({ kind, startMs, endMs: startMs + length / BYTES_PER_MS });
    }
    at += length;
  }
  return sounds;
}

function soundAt(bytes: Uint8Array, at: number): { kind: SoundKind; length: number } {
  if (readScript(bytes.subarray(at, at + BYTES_PER_MS)).length > 0)
    return { kind: 'speech', length: BYTES_PER_MS };
  if (startsWithTone(bytes, at)) return { kind: 'tone', length: comfortTone().length };
  const byte = bytes[at] ?? 0;
  const kind = (byte & 0x7f) === 0x7f ? 'silence' : byte === HUM ? 'hum' : 'noise';
  return { kind, length: 1 };
}

function startsWithTone(bytes: Uint8Array, at: number): boolean {
  const tone = comfortTone();
  if (at + tone.length > bytes.length) return false;
  return Buffer.compare(bytes.subarray(at, at + tone.length), tone) === 0;
}

/** Longer than any silence between two bytes of one sound: what nobody can have meant, ms. */
export function noiseMs(sounds: readonly Sound[]): number {
  // A cut may leave a part of the millisecond that it went through.
  return sounds
    .filter(({ kind, startMs, endMs }) => kind === 'noise' && endMs - startMs >= 1)
    .reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}

export function longestSilenceMs(sounds: readonly Sound[]): number {
  return sounds
    .filter(({ kind }) => kind === 'silence')
    .reduce((longest, { startMs, endMs }) => Math.max(longest, endMs - startMs), 0);
}
