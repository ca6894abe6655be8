/**
 * Called for each complete analysis window.
 * @param probability of speech, 0 to 1
 * @param levelDb level of the window in dBFS (0 is full scale)
 */
export type WindowListener = (probability: number, levelDb: number) => void;

/** Judges caller audio; one state per call. Synchronous, and allocates nothing per frame. */
export interface VoiceActivityDetector {
  /** Length of an analysis window in ms: voiced time is counted in windows. */
  readonly windowMs: number;
  /** Takes linear 16-bit samples at 8 kHz, any number, and calls `onWindow` for each window they complete. */
  process(samples: Int16Array, onWindow: WindowListener): void;
  /** Forgets everything heard. */
  reset(): void;
}

/** Makes one detector per call. */
export type VoiceActivityDetectorFactory = () => VoiceActivityDetector;

/** DI token of the {@link VoiceActivityDetectorFactory}. */
export const VOICE_ACTIVITY_DETECTOR = Symbol('VOICE_ACTIVITY_DETECTOR');
