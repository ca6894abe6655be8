import type { Script } from './fuzz.js';

const call = (greeting: boolean, steps: Script['steps']): Script => ({
  seed: 1,
  greeting,
  replies: ['w0'],
  voice: {},
  steps,
});

/** Calls that once broke a rule, as the fuzzer shrank them; each is played before the random ones. */
export const REGRESSIONS: readonly Script[] = [
  // A stall in the first round trip passed for the usual one, and loosened the cap on unacknowledged audio.
  call(false, [
    { do: 'stall-down', ms: 187 },
    { do: 'say', words: 3 },
  ]),
  call(false, [
    { do: 'speak', ms: 100 },
    { do: 'wait', ms: 349 },
    { do: 'stall-down', ms: 1_327 },
  ]),
  // The cap was dropped for want of echoes although the stream had returned marks before.
  call(true, [
    { do: 'stall-down', ms: 976 },
    { do: 'speak', ms: 20 },
  ]),
  // Held back by a stall of the way up, the pacer made up for lost time in one burst.
  call(true, [
    { do: 'stall-up', ms: 551 },
    { do: 'wait', ms: 0 },
  ]),
  // The echo of a mark that had never been sent acknowledged everything.
  call(true, [{ do: 'stall-down', ms: 267 }, { do: 'stale-mark' }, { do: 'wait', ms: 0 }]),
];
