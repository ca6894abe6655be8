import { CallerSpeech } from '../../dist/listening/caller-speech.js';
import { VirtualClock } from '../../dist/testing/index.js';

const FRAME_MS = 20;

/** The frames at which the package's own listening notices the caller, and notices that the caller has finished. */
export function decisions(frames, detector, listening) {
  const started = [];
  const stopped = [];
  let index = 0;
  // The agent talks whenever the caller does not: what `Playout.audible` says in the call itself.
  let talking = true;
  const caller = new CallerSpeech(detector, new VirtualClock(), listening, () => talking);
  caller.speaking$.subscribe((speaking) => {
    talking = !speaking;
    if (speaking) started.push(index);
    else if (started.length > stopped.length) stopped.push(index);
  });
  for (; index < frames.length; index++) caller.audio(frames[index], index * FRAME_MS);
  caller.close();
  return { started, stopped };
}
