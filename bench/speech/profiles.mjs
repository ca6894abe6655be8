import {
  EnergyDetector,
  LISTENING_PROFILES,
  SileroDetector,
  SileroNetwork,
  VOICE_ACTIVITY_DETECTOR,
} from '../../dist/index.js';

/**
 * What is measured: one line for each detector or profile.
 *
 * @typedef {object} Profile
 * @property {object} [settings] options of `TwilioVoiceModule.forRoot`
 * @property {import('@nestjs/common').Provider[]} [providers] replace the module's own
 * @property {Sweep} [sweep] its curve in the picture; left out, it has a point only
 *
 * @typedef {object} Sweep
 * @property {import('../../dist/index.js').VoiceActivityDetectorFactory} detector
 * @property {(voicedMs: number) => import('../../dist/listening/sustained-speech.js').SustainedSpeechOptions} rule
 * @property {number[]} [barsMs] voiced time asked for, of whole windows; default: windows of 20 ms
 */

const energy = () => new EnergyDetector();
const network = new SileroNetwork();
const silero = () => new SileroDetector(network);

/** The balanced rule with another bar while the agent talks; the stretch it must fall into grows with it. */
const bar = (voicedMs) => ({
  ...LISTENING_PROFILES.balanced,
  talking: { ...LISTENING_PROFILES.balanced.talking, voicedMs, withinMs: voicedMs + 160 },
});

/** @type {Record<string, Profile>} */
export const PROFILES = {
  balanced: { sweep: { detector: silero, rule: bar, barsMs: [32, 64, 96, 128, 160, 192, 256, 320] } },
  fast: { settings: { listening: { profile: 'fast' } } },
  patient: { settings: { listening: { profile: 'patient' } } },
  energy: {
    providers: [{ provide: VOICE_ACTIVITY_DETECTOR, useValue: energy }],
    sweep: { detector: energy, rule: bar },
  },
};
