const TARGET_RMS = 32_768 * 10 ** (-20 / 20);
const PEAK = 32_000;
const FRAME_SAMPLES = 160;
/** Frames this far (as a power ratio) below the loudest are pauses: -30 dB. */
const ACTIVE = 1e-3;

/** The factor that brings speech to -20 dBFS RMS over its active frames without clipping. */
export function speechGain(samples: Int16Array): number {
  const powers = framePowers(samples);
  const loudest = Math.max(0, ...powers);
  if (loudest === 0) return 1;
  const active = powers.filter((power) => power > loudest * ACTIVE);
  const rms = Math.sqrt(active.reduce((sum, power) => sum + power, 0) / active.length);
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return Math.min(TARGET_RMS / rms, PEAK / peak);
}

function framePowers(samples: Int16Array): number[] {
  const powers: number[] = [];
  for (let at = 0; at < samples.length; at += FRAME_SAMPLES) {
    const frame = samples.subarray(at, at + FRAME_SAMPLES);
    powers.push(frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length);
  }
  return powers;
}
