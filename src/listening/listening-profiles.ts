import { ECHO_GUARD_DEFAULTS, type EchoGuardOptions } from './echo-guard.js';
import type { SustainedSpeechOptions } from './sustained-speech.js';

/** When a caller counts as speaking, when as finished, and what is our own echo. */
export interface ListeningOptions extends SustainedSpeechOptions {
  readonly echo: EchoGuardOptions;
}

/**
 * `fast` stops soonest and is the first to stop in vain; `patient` wants to be interrupted in earnest and lets callers
 * think. Tuned on telephone audio with the neural detector, whose windows are 32 ms: bars are whole windows.
 */
export const LISTENING_PROFILES = {
  fast: {
    quiet: { voicedMs: 64, withinMs: 192, probability: 0.5, minimumDb: -60 },
    talking: { voicedMs: 64, withinMs: 192, probability: 0.5, minimumDb: -55 },
    maxGapMs: 100,
    stayProbability: 0.35,
    stayDb: 6,
    stayVoicedMs: 60,
    endpointing: { minMs: 600, maxMs: 1_000, pauseFactor: 1.5 },
    echo: ECHO_GUARD_DEFAULTS,
  },
  balanced: {
    quiet: { voicedMs: 96, withinMs: 256, probability: 0.5, minimumDb: -60 },
    talking: { voicedMs: 96, withinMs: 256, probability: 0.5, minimumDb: -55 },
    maxGapMs: 100,
    stayProbability: 0.35,
    stayDb: 6,
    stayVoicedMs: 60,
    endpointing: { minMs: 700, maxMs: 1_400, pauseFactor: 1.5 },
    echo: ECHO_GUARD_DEFAULTS,
  },
  patient: {
    quiet: { voicedMs: 128, withinMs: 320, probability: 0.5, minimumDb: -55 },
    talking: { voicedMs: 192, withinMs: 416, probability: 0.6, minimumDb: -50 },
    maxGapMs: 130,
    stayProbability: 0.35,
    stayDb: 6,
    stayVoicedMs: 60,
    endpointing: { minMs: 1_000, maxMs: 2_000, pauseFactor: 1.5 },
    echo: ECHO_GUARD_DEFAULTS,
  },
} as const satisfies Record<string, ListeningOptions>;

/** Name of a set of listening options: how readily the caller interrupts, and how soon a turn ends. */
export type ListeningProfile = keyof typeof LISTENING_PROFILES;
