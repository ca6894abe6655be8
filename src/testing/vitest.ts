import { expect } from 'vitest';
import { type VoiceMatchers, voiceMatchers } from './matchers/voice-matchers.js';

declare global {
  // Vitest's `expect` has what Chai's has; its own interfaces have other type parameters in each major version.
  // eslint-disable-next-line @typescript-eslint/no-namespace -- where Chai's types are
  namespace Chai {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an interface is extended by declaring it again
    interface Assertion extends VoiceMatchers {}
  }
}

expect.extend(voiceMatchers);
