import { decibelFullScale } from '../../audio/level.js';
import type { VoiceActivityDetector, WindowListener } from '../voice-activity-detector.js';
import { type SileroNetwork, SileroState, WINDOW_SAMPLES } from './silero-network.js';

const FULL_SCALE = 32_768;
/** So much digital silence, and the network has nothing more to learn from it: about a third of a second, windows. */
const SILENT_WINDOWS = 10;

/**
 * Speech by a small neural network, in windows of 32 ms: it tells voices from noise, music and tones, but not one voice
 * from another, so our own echo needs the echo guard.
 */
export class SileroDetector implements VoiceActivityDetector {
  readonly windowMs = WINDOW_SAMPLES / 8;
  readonly #network: SileroNetwork;
  readonly #state = new SileroState();
  readonly #window = new Float32Array(WINDOW_SAMPLES);
  #filled = 0;
  #energy = 0;
  #silentWindows = 0;

  /** @param network may serve many detectors: each keeps its own memory */
  constructor(network: SileroNetwork) {
    this.#network = network;
  }

  process(samples: Int16Array, onWindow: WindowListener): void {
    for (const sample of samples) {
      this.#window[this.#filled++] = sample / FULL_SCALE;
      this.#energy += sample * sample;
      if (this.#filled === WINDOW_SAMPLES) this.#complete(onWindow);
    }
  }

  reset(): void {
    this.#state.reset();
    this.#filled = this.#energy = this.#silentWindows = 0;
  }

  #complete(onWindow: WindowListener): void {
    const energy = this.#energy;
    this.#filled = this.#energy = 0;
    this.#silentWindows = energy === 0 ? this.#silentWindows + 1 : 0;
    // Skipped, but not forgotten: a caller who goes on after a muted stretch is met with the same memory.
    const skipped = this.#silentWindows > SILENT_WINDOWS;
    onWindow(
      skipped ? 0 : this.#network.run(this.#window, this.#state),
      decibelFullScale(energy / WINDOW_SAMPLES),
    );
  }
}
