import { NestFactory } from '@nestjs/core';
import {
  EnergyDetector,
  TWILIO_VOICE_OPTIONS,
  TwilioVoiceModule,
  VOICE_ACTIVITY_DETECTOR,
} from '../../dist/index.js';

class SilentAgent {
  reply() {
    return '';
  }
}

/**
 * The echo guard does all its work but explains nothing away: what it lets pass depends on the agent's audio to the
 * millisecond, and then nobody could tell beforehand which frame decides.
 */
export const LISTENING = { echo: { marginDb: -Infinity } };

/** Each detector by its name: the module's own, and the cheap one. */
export const DETECTORS = {
  default: { providers: [] },
  energy: {
    providers: [{ provide: VOICE_ACTIVITY_DETECTOR, useValue: () => new EnergyDetector() }],
  },
};

/** Runs `task` with a factory of the detector and with the options of listening, as the module makes them. */
export async function withDetector(name, task) {
  const { providers } = DETECTORS[name];
  const module = TwilioVoiceModule.forRoot({ agent: SilentAgent, providers, listening: LISTENING });
  const app = await NestFactory.createApplicationContext(module, { logger: ['error'] });
  try {
    return await task({
      makeDetector: app.get(VOICE_ACTIVITY_DETECTOR, { strict: false }),
      listening: app.get(TWILIO_VOICE_OPTIONS, { strict: false }).listening,
    });
  } finally {
    await app.close();
  }
}
