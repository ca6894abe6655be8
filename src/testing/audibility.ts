const BYTES_PER_MS = 8;

/** 0xFF and 0x7F are the two zeros of mu-law. */
const audible = (byte: number | undefined) => byte !== undefined && (byte & 0x7f) !== 0x7f;

/** Whether anything but digital silence is in mu-law audio. */
export function isAudible(mulaw: Uint8Array): boolean {
  return mulaw.some(audible);
}

/**
 * How long it takes until silence of at least `forMs` begins, ms from the start of the audio; what follows its end
 * counts as silence.
 */
export function msToSilence(mulaw: Uint8Array, forMs: number): number {
  let silentFrom = 0;
  for (let index = 0; index < mulaw.length; index++) {
    if (!audible(mulaw[index])) continue;
    if (index - silentFrom >= forMs * BYTES_PER_MS) break;
    silentFrom = index + 1;
  }
  return silentFrom / BYTES_PER_MS;
}
