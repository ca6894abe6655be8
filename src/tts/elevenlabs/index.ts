export type { ElevenLabsOptions, ElevenLabsUtteranceOptions } from './elevenlabs.options.js';
export {
  elevenLabsVoice,
  elevenLabsVoiceAsync,
  type ElevenLabsAsyncOptions,
} from './elevenlabs.providers.js';
export { ElevenLabsVoice, type ElevenLabsSession } from './elevenlabs-voice.js';
