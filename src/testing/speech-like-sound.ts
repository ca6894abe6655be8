import { encodeMuLaw } from '../audio/mu-law.js';

const RATE = 8000;
/** First three formants of i, e, a and o, Hz. */
const VOWELS: readonly (readonly number[])[] = [
  [270, 2290, 3010],
  [530, 1840, 2480],
  [730, 1090, 2440],
  [570, 840, 2410],
];
const SYLLABLE_S = 0.22;
/** Share of a syllable after which its vowel glides into the next one's: without it, no voice. */
const STEADY = 0.6;
const PITCH_HZ = 160;
const HARMONICS = 22;
const BANDWIDTH_HZ = 130;
/** -20 dBFS. */
const RMS = 0.1 * 32_768;
const FADE_S = 0.004;

/**
 * A voice-like buzz: harmonics shaped by gliding vowels, loudness rising and falling with each syllable, no noise.
 * Detectors take it for speech from its first window on.
 * The same for the same length.
 *
 * @param ms length, ms
 * @returns mu-law, 8 kHz, about -20 dBFS
 */
export function speechLikeSound(ms: number): Uint8Array {
  const wave = buzz(Math.round((ms * RATE) / 1000));
  const power = wave.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, wave.length);
  const gain = power > 0 ? RMS / Math.sqrt(power) : 0;
  return encodeMuLaw(Float32Array.from(wave, (sample) => sample * gain));
}

function buzz(length: number): Float64Array {
  const wave = new Float64Array(length);
  let phase = 0;
  for (let index = 0; index < length; index++) {
    const time = index / RATE;
    phase += (2 * Math.PI * pitchAt(time)) / RATE;
    const edge = Math.min(1, (index + 1) / (FADE_S * RATE), (length - index) / (FADE_S * RATE));
    wave[index] = edge * loudnessAt(time) * voiced(phase, gainsAt(time));
  }
  return wave;
}

function pitchAt(time: number): number {
  return (
    PITCH_HZ * (1 + 0.08 * Math.sin(2 * Math.PI * 0.9 * time) + 0.015 * Math.sin(2 * Math.PI * 5.3 * time))
  );
}

/** Starts loud, so that the onset is where it is said to be. */
function loudnessAt(time: number): number {
  return 0.62 + 0.38 * Math.cos((2 * Math.PI * time) / SYLLABLE_S);
}

function voiced(phase: number, gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain * Math.sin((index + 1) * phase), 0);
}

/** Gains of the harmonics at so many moments of each syllable. */
const MOMENTS = 32;
const GAINS = Array.from({ length: VOWELS.length * MOMENTS }, (_, moment) =>
  harmonicGains(formantsAt(moment / MOMENTS)),
);

function gainsAt(time: number): readonly number[] {
  return GAINS[Math.floor((time / SYLLABLE_S) * MOMENTS) % GAINS.length] ?? [];
}

function formantsAt(syllables: number): readonly number[] {
  const now = VOWELS[Math.floor(syllables) % VOWELS.length] ?? [];
  const next = VOWELS[(Math.floor(syllables) + 1) % VOWELS.length] ?? [];
  const glide = Math.max(0, (syllables % 1) - STEADY) / (1 - STEADY);
  return now.map((formant, index) => formant + glide * ((next[index] ?? formant) - formant));
}

function harmonicGains(formants: readonly number[]): readonly number[] {
  return Array.from({ length: HARMONICS }, (_, index) => {
    const hz = (index + 1) * PITCH_HZ;
    const peaks = formants.map((formant, at) => 1 / ((1 + ((hz - formant) / BANDWIDTH_HZ) ** 2) * (at + 1)));
    return (0.01 + peaks.reduce((sum, peak) => sum + peak, 0)) / Math.sqrt(index + 1);
  });
}
