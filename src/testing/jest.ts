import { expect } from '@jest/globals';
import { type VoiceMatchers, voiceMatchers } from './matchers/voice-matchers.js';

/* eslint-disable @typescript-eslint/no-empty-object-type, @typescript-eslint/no-namespace,
   @typescript-eslint/no-unused-vars -- an interface is extended by declaring it again, its parameters and all */
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends VoiceMatchers<R> {}
}

declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends VoiceMatchers<R> {}
  }
}
/* eslint-enable */

expect.extend(voiceMatchers);
