// The load generator: all calls of a run, in one process.
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { seededRandom } from '../../../dist/testing/index.js';
import { answer } from '../answering.mjs';
import { SPEECH_STARTED, SPEECH_STOPPED } from '../magic-frames.mjs';
import { Call } from './call.mjs';
import { Record } from './record.mjs';
import { Schedule } from './schedule.mjs';

const FRAME_MS = 20;

const record = new Record();
let calls = [];
let schedule;

answer({
  connect: async ({ target, count, tracksFile, magic, seed, rampMs }) => {
    const random = seededRandom(seed);
    const tracks = JSON.parse(await readFile(tracksFile, 'utf8')).map((track) =>
      magic ? withMagic(track) : track,
    );
    calls = Array.from({ length: count }, (_, index) => {
      const startCycle = Math.floor((random() * rampMs) / FRAME_MS);
      const track = tracks[index % tracks.length];
      return new Call({ id: index + 1, track, startCycle }, record);
    });
    // One after the other: what is measured is the call, not the rush at its beginning.
    for (const call of calls) await call.connect(target);
    const slots = calls.map((call) => ({ phaseMs: random() * FRAME_MS, send: (cycle) => call.send(cycle) }));
    schedule = new Schedule(slots, (ms) => record.frameLate(ms));
  },
  /** Every call has begun when this is over. */
  ramp: async ({ rampMs }) => {
    schedule.start();
    await setTimeout(rampMs);
  },
  begin: () => record.begin(),
  end: () => record.end(),
  hangUp: () => {
    schedule.stop();
    for (const call of calls) call.hangUp();
  },
});

/** For servers without voice detection the deciding frames are told by their payload. */
function withMagic({ payloads, started, stopped }) {
  const marked = [...payloads];
  for (const frame of started) marked[frame] = SPEECH_STARTED;
  for (const frame of stopped) marked[frame] = SPEECH_STOPPED;
  return { payloads: marked, started, stopped };
}
