import { encodeMuLaw } from '../audio/mu-law.js';

const RATE = 8_000;
const NOTES_HZ = [392, 494];
const NOTE_MS = 220;
const PAUSE_MS = 80;
/** About -24 dBFS: heard, but never startling. */
const AMPLITUDE = 2_000;

let tone: Uint8Array | undefined;

/** Two soft notes that say "still here" when no voice can: mu-law, 8 kHz, 600 ms. */
export function comfortTone(): Uint8Array {
  tone ??= encodeMuLaw(Int16Array.from(NOTES_HZ.flatMap(note)));
  return tone;
}

function note(hz: number): number[] {
  const length = (NOTE_MS * RATE) / 1000;
  const pause = (PAUSE_MS * RATE) / 1000;
  return Array.from({ length: length + pause }, (_, at) => {
    if (at >= length) return 0;
    return AMPLITUDE * Math.sin((Math.PI * at) / length) * Math.sin((2 * Math.PI * hz * at) / RATE);
  });
}
