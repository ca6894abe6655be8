import { isAudible } from '../audibility.js';
import type { CallObservations } from '../call-observations.js';

const BYTES_PER_MS = 8;
/** A pause so long is the end of what was being said, ms. */
export const SILENCE_MS = 300;

/** What a test sees and hears of a call; a SimulatedCall is one. */
export type ObservedCall = Pick<
  CallObservations,
  'said' | 'heardAudio' | 'callerAudio' | 'silentFrom' | 'nowMs'
>;

/** A moment at which silence or sound began, as far as it is known by now; ms on the clock. */
export interface Stop {
  /** The caller's first sound. */
  readonly onsetMs: number;
  /** When the agent fell silent; undefined: it was to be heard to this moment. */
  readonly silentMs: number | undefined;
  /** Whether the silence has lasted 300 ms: it may have been a pause. */
  readonly isCertain: boolean;
}

/** The caller's last interruption, and its end: undefined when the caller never spoke while the agent was to be heard. */
export function lastStop(call: ObservedCall): Stop | undefined {
  const onsetMs = call.said
    .map(({ startMs, endMs }) => firstSound(call.callerAudio(startMs, endMs), startMs))
    .findLast((onset) => onset !== undefined && wasTalking(call, onset));
  if (onsetMs === undefined) return undefined;
  const silentMs = call.silentFrom(onsetMs, SILENCE_MS);
  const isSilent = silentMs < call.nowMs;
  const isCertain = call.nowMs - silentMs >= SILENCE_MS;
  return { onsetMs, silentMs: isSilent ? silentMs : undefined, isCertain };
}

export interface Answer {
  /** The caller's last sound, ms on the clock. */
  readonly endMs: number;
  /** The agent's first sound after it, ms on the clock; undefined: none by now. */
  readonly answeredMs: number | undefined;
}

/** The caller's last words and the first sound of their answer: undefined when the caller never spoke. */
export function lastAnswer(call: ObservedCall): Answer | undefined {
  const ends = call.said.map(({ startMs, endMs }) => lastSound(call.callerAudio(startMs, endMs), startMs));
  const endMs = ends.findLast((end) => end !== undefined && end <= call.nowMs);
  if (endMs === undefined) return undefined;
  // What was being said then is no answer to it.
  const fromMs = wasTalking(call, endMs) ? call.silentFrom(endMs, SILENCE_MS) : endMs;
  return { endMs, answeredMs: firstSound(call.heardAudio(fromMs, call.nowMs), fromMs) };
}

/** Whether the moment lies in something the agent was saying, pauses of less than 300 ms among it. */
const wasTalking = (call: ObservedCall, atMs: number): boolean =>
  isAudible(call.heardAudio(atMs - SILENCE_MS, atMs)) && isAudible(call.heardAudio(atMs, atMs + SILENCE_MS));

const audible = (mulaw: Uint8Array, from: number): boolean => isAudible(mulaw.subarray(from, from + 1));

function firstSound(mulaw: Uint8Array, startMs: number): number | undefined {
  const index = mulaw.findIndex((_, at) => audible(mulaw, at));
  return index < 0 ? undefined : startMs + index / BYTES_PER_MS;
}

function lastSound(mulaw: Uint8Array, startMs: number): number | undefined {
  const index = mulaw.findLastIndex((_, at) => audible(mulaw, at));
  return index < 0 ? undefined : startMs + (index + 1) / BYTES_PER_MS;
}
