import { readFileSync } from 'node:fs';

const file = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));

/** A caller's phrase in {@link callerTrack}; times in ms from its beginning. */
export interface Phrase {
  readonly text: string;
  readonly voice: string;
  readonly onsetMs: number;
  readonly endMs: number;
}

/** Phrases of synthetic callers with pauses of digital silence: mu-law, 8 kHz. */
export const callerTrack = (): Uint8Array => new Uint8Array(file('caller.ulaw'));

/** Thirteen seconds of an agent without long pauses: mu-law, 8 kHz. */
export const agentTrack = (): Uint8Array => new Uint8Array(file('agent.ulaw'));

interface Labels {
  readonly labels: readonly Phrase[];
  readonly probabilities: readonly number[];
}

const labels = JSON.parse(file('caller.json').toString()) as Labels;

export const PHRASES = labels.labels;

/** The reference runtime's probability of speech for each 256 samples of {@link callerTrack}. */
export const REFERENCE = labels.probabilities;
