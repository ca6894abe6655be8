import { CallObservations } from './call-observations.js';
import type { Said } from './caller-track.js';
import { speechLikeSound } from './speech-like-sound.js';

/** The person at the other end: speaks, presses keys, and hears. */
export class SimulatedCaller extends CallObservations {
  /** The caller says this, now or after what is still being said. mu-law, 8 kHz. */
  say(mulaw: Uint8Array): Said {
    const said = this.track.say(mulaw);
    this.record('said', `${said.durationMs} ms from ${said.startMs}`);
    return said;
  }

  /** The caller makes a sound like speech for `ms`. */
  speak(ms: number): Said {
    return this.say(speechLikeSound(ms));
  }

  /** The caller stops talking: what was still to be said is not said. */
  hush(): void {
    this.track.hush();
  }

  /** Presses keys, the first one now. @param gapMs from key to key */
  dtmf(digits: string, gapMs = 100): void {
    Array.from(digits).forEach((digit, index) => {
      const press = () => {
        this.record('dtmf', digit);
        this.stream?.dtmf(digit);
      };
      if (index === 0) press();
      else this.clock.after(index * gapMs, press);
    });
  }
}
