import { hash } from './seeds.mjs';
import { pauses, stops, talkingAt } from './stops.mjs';

/** Not stopped by then is missed: after the end of the speech, and after its onset, ms. */
const AFTER_END_MS = 1_000;
const AFTER_ONSET_MS = 2_000;
/** To see that a stop is one, ms. */
const SETTLE_MS = 350;

export const deadline = (onsetMs, endMs) => Math.min(endMs + AFTER_END_MS, onsetMs + AFTER_ONSET_MS);

/**
 * How one interruption went.
 *
 * @typedef {object} Outcome
 * @property {'stopped' | 'missed' | 'early'} outcome early: silent already when the caller began
 * @property {number} [delayMs] from the caller's first sound to silence at the caller's ear
 * @property {number} pauses short gaps in the agent's speech
 */

/** One call: the agent talks, the caller interrupts. */
export async function interrupt(host, testCase, echo) {
  const { name, speaker, group, condition } = testCase;
  const id = `${name} ${condition}`;
  const { call, startMs } = await host.call({ seed: hash(id), echo, track: testCase.track() });
  const onset = startMs + testCase.onsetMs;
  const until = startMs + deadline(testCase.onsetMs, testCase.endMs);
  await host.clock.advance(until + SETTLE_MS - host.clock.now());
  const outcome = judge(call, onset, until, host.clock.now());
  await host.hangUp(call);
  return { name, speaker, group, condition, ...(echo && { echo: echo.delayMs }), ...outcome };
}

/** @returns {Outcome} */
export function judge(call, onset, until, now) {
  const short = pauses(call, now).filter(({ startMs }) => startMs >= onset - 500).length;
  if (!talkingAt(call, onset)) return { outcome: 'early', pauses: short };
  const stop = stops(call, now).find(({ startMs }) => startMs >= onset && startMs <= until);
  if (stop === undefined) return { outcome: 'missed', pauses: short };
  return { outcome: 'stopped', delayMs: Math.round(stop.startMs - onset), pauses: short };
}
