import { lastValueFrom, of, toArray } from 'rxjs';
import { decodeMuLaw, MU_LAW_BYTES_PER_MS } from '../audio/mu-law.js';
import { OfflineVoice } from '../tts/offline/index.js';
import { levelDb } from './level.js';

/** Something the caller says. */
export interface CallerLine {
  readonly text: string;
  /** mu-law, 8 kHz. */
  readonly audio: Uint8Array;
  /** From the first byte to the first sound, ms. */
  readonly onsetMs: number;
}

const WINDOW_MS = 5;
const SOUND_DB = -45;

/** Speaks the lines with a voice that is not the agent's. */
export async function speakLines(texts: readonly string[]): Promise<CallerLine[]> {
  const voice = new OfflineVoice({ voice: 'slt' });
  try {
    return await Promise.all(texts.map((text) => speakLine(voice, text)));
  } finally {
    await voice.close();
  }
}

async function speakLine(voice: OfflineVoice, text: string): Promise<CallerLine> {
  const chunks = await lastValueFrom(voice.synthesize(of(text)).pipe(toArray()));
  const audio = Buffer.concat(chunks.map((chunk) => chunk.audio));
  return { text, audio, onsetMs: onsetOf(audio) };
}

/** The voice keeps a little silence before the first sound. */
export function onsetOf(audio: Uint8Array): number {
  const step = WINDOW_MS * MU_LAW_BYTES_PER_MS;
  for (let at = 0; at < audio.length; at += step)
    if (levelDb(decodeMuLaw(audio.subarray(at, at + step))) > SOUND_DB) return at / MU_LAW_BYTES_PER_MS;
  return 0;
}
