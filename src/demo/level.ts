const FULL_SCALE = 32_768;
const FLOOR_DB = -96;

/** Loudness of 16-bit samples, dBFS; -96 for silence. */
export function levelDb(samples: Int16Array): number {
  if (samples.length === 0) return FLOOR_DB;
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return power === 0 ? FLOOR_DB : Math.max(FLOOR_DB, 10 * Math.log10(power / FULL_SCALE ** 2));
}
