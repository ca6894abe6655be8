export type { ScribeOptions } from './scribe.options.js';
export {
  elevenLabsTranscriber,
  elevenLabsTranscriberAsync,
  type ScribeAsyncOptions,
} from './scribe.providers.js';
export { ScribeTranscriber } from './scribe-transcriber.js';
