export type { ElevenLabsOptions, ElevenLabsUtteranceOptions } from './elevenlabs.options.js';
export {
  elevenLabsVoice,
  elevenLabsVoiceAsync,
  type ElevenLabsAsyncOptions,
} from './elevenlabs.providers.js';
export { ElevenLabsVoice } from './elevenlabs-voice.js';
