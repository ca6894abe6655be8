import { frameLevels } from '../sound.mjs';

/** Speech lies above the loudest 10 ms less this, dB, and so much above the clip's own floor. */
const BELOW_PEAK_DB = 34;
const ABOVE_FLOOR_DB = 9;
/** Shorter bursts are no onset, pauses up to this are part of the speech; in 10 ms. */
const SHORTEST = 3;
const LONGEST_PAUSE = 20;

/** Where a clean clip is speech, ms, in steps of 10 ms. */
export function speechSegments(samples) {
  const levels = frameLevels(samples);
  const sorted = [...levels].sort((a, b) => a - b);
  const floor = Math.max(-75, sorted[Math.floor(sorted.length * 0.05)] ?? -75);
  const peak = sorted.at(-1) ?? -75;
  const threshold = Math.max(peak - BELOW_PEAK_DB, Math.min(floor + ABOVE_FLOOR_DB, peak - 12));
  const runs = [];
  levels.forEach((db, index) => {
    if (db < threshold) return;
    const last = runs.at(-1);
    if (last !== undefined && index - last.end <= LONGEST_PAUSE) last.end = index + 1;
    else runs.push({ start: index, end: index + 1 });
  });
  return runs
    .filter(({ start, end }) => end - start >= SHORTEST)
    .map(({ start, end }) => ({ startMs: start * 10, endMs: end * 10 }));
}
