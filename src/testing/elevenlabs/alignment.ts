import { BYTES_PER_MS, type Segment, type TimedChar } from './generation.js';
import type { AlignmentMode, SpeechScenario } from './scenario.js';

/** Characters and their times in ms, from where the mode says. */
export interface AlignedChars {
  readonly chars: readonly string[];
  readonly startsMs: readonly number[];
  readonly durationsMs: readonly number[];
}

/** What one message of audio tells about the text. */
export interface MessageAlignment {
  readonly alignment: AlignedChars | null;
  readonly normalized: AlignedChars | null;
}

/** Where in its segment a message of audio is. */
export interface MessagePlace {
  readonly segment: Segment;
  /** Position in the generation's audio. */
  readonly fromByte: number;
  readonly toByte: number;
  /** In its segment, from 0. */
  readonly index: number;
}

export function alignmentOf(mode: AlignmentMode, place: MessagePlace): MessageAlignment {
  const { segment, fromByte, toByte, index } = place;
  const segmentMs = segment.fromByte / BYTES_PER_MS;
  const beginning = segment.chars.filter(
    ({ startMs }) => startMs * BYTES_PER_MS >= fromByte && startMs * BYTES_PER_MS < toByte,
  );
  switch (mode) {
    case 'null':
      return both(null);
    case 'segment-first':
      return both(index === 0 ? aligned(segment.chars, segmentMs) : null);
    case 'every-chunk':
      return both(aligned(beginning, fromByte / BYTES_PER_MS));
    case 'absolute':
      return both(aligned(beginning, 0));
    case 'restarting': {
      if (index === 0) return both(aligned(beginning, segmentMs));
      if (index > 1) return both(null);
      const rest = segment.chars.filter(({ startMs }) => startMs * BYTES_PER_MS >= fromByte);
      return { alignment: aligned(segment.chars, segmentMs), normalized: aligned(rest, segmentMs) };
    }
  }
}

/** On a socket. */
export function wireAlignment(
  times: AlignedChars | null,
  { startsKey, durationsKey }: SpeechScenario,
): Record<string, unknown> | null {
  if (times === null) return null;
  return { chars: times.chars, [startsKey]: times.startsMs, [durationsKey]: times.durationsMs };
}

/** By HTTP: in seconds. */
export function httpAlignment(times: AlignedChars | null): Record<string, unknown> | null {
  if (times === null) return null;
  const { chars, startsMs, durationsMs } = times;
  return {
    characters: chars,
    character_start_times_seconds: startsMs.map((ms) => ms / 1_000),
    character_end_times_seconds: startsMs.map((ms, index) => (ms + (durationsMs[index] ?? 0)) / 1_000),
  };
}

const both = (alignment: AlignedChars | null): MessageAlignment => ({ alignment, normalized: alignment });

function aligned(chars: readonly TimedChar[], originMs: number): AlignedChars | null {
  if (chars.length === 0) return null;
  return {
    chars: chars.map(({ text }) => text),
    startsMs: chars.map(({ startMs }) => startMs - originMs),
    durationsMs: chars.map(({ startMs, endMs }) => endMs - startMs),
  };
}
