import type { FarEnd } from '../listening/far-end.js';
import type { Clock } from './clock.js';
import type { MediaSink } from './stream.js';

/** The same sink, with an account of what the caller hears: listening has to know our own voice. */
export function heardBy(farEnd: FarEnd, sink: MediaSink, clock: Clock): MediaSink {
  return {
    get bufferedBytes() {
      return sink.bufferedBytes;
    },
    media: (audio) => {
      farEnd.sent(audio, clock.now());
      sink.media(audio);
    },
    mark: (name) => {
      sink.mark(name);
    },
    clear: () => {
      farEnd.cleared(clock.now());
      sink.clear();
    },
    close: (outcome) => {
      sink.close(outcome);
    },
  };
}
