const FULL_SCALE = 32_768;
/** Level of digital silence, dBFS: what 16 bits can hold. */
export const SILENCE_DB = -96;

/** Level in dBFS (0 is full scale) of 16-bit samples with this mean square, no lower than {@link SILENCE_DB}. */
export function decibelFullScale(meanSquare: number): number {
  return meanSquare > 0
    ? Math.max(SILENCE_DB, 10 * Math.log10(meanSquare / (FULL_SCALE * FULL_SCALE)))
    : SILENCE_DB;
}
