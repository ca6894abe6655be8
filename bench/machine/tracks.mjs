import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { seededRandom } from '../../dist/testing/index.js';
import { CACHE } from './folders.mjs';
import { decisions } from './decisions.mjs';

const FRAME_MS = 20;
const FRAME_BYTES = 160;
/** Calls share so many tracks; each call is at another place of its track. */
const TRACKS = 8;
/** The end of a turn takes so much silence at most; then the agent talks for some time before the next line. */
const TURN_END_MS = 1_200;
const TALK_MS = [900, 1_900];
const FIRST_TALK_MS = [1_200, 2_200];
/** The softest codes of mu-law: a line is never quite silent. */
const NOISE = [0xff, 0x7f, 0xfe, 0x7e];

/**
 * What the callers say, and at which frames a detector takes its decisions.
 * @returns file with `[{ payloads, started, stopped }]`: base64 of each frame, and frame numbers
 */
export async function makeTracks(name, callerLines, { makeDetector, listening }, ms, seed) {
  const tracks = [];
  let expected = 0;
  for (let index = 0; index < TRACKS; index++) {
    const { frames, lines } = track(callerLines, ms, seededRandom(seed * 1_000 + index));
    expected += lines;
    tracks.push({
      payloads: frames.map((frame) => frame.toString('base64')),
      ...decisions(frames, makeDetector(), listening),
    });
  }
  const found = tracks.reduce((sum, { started }) => sum + started.length, 0);
  const file = `${CACHE}tracks-${name}.json`;
  await writeFile(file, JSON.stringify(tracks));
  return { file, lines: expected, decisions: found };
}

function track(callerLines, ms, random) {
  const frames = [];
  const silence = ([least, most]) => {
    const count = Math.round((least + random() * (most - least)) / FRAME_MS);
    for (let index = 0; index < count; index++) frames.push(noise(random));
  };
  let lines = 0;
  silence(FIRST_TALK_MS);
  while (frames.length * FRAME_MS < ms) {
    const line = callerLines[Math.floor(random() * callerLines.length)];
    frames.push(...cut(line, random));
    lines++;
    silence(TALK_MS.map((talk) => talk + TURN_END_MS));
  }
  return { frames, lines };
}

function noise(random, bytes = FRAME_BYTES) {
  return Buffer.from({ length: bytes }, () => NOISE[Math.floor(random() * NOISE.length)]);
}

/** In frames, at a random place within the first. */
function cut(line, random) {
  const lead = noise(random, Math.floor(random() * FRAME_BYTES));
  const rest = noise(random, (FRAME_BYTES - ((lead.length + line.length) % FRAME_BYTES)) % FRAME_BYTES);
  const all = Buffer.concat([lead, line, rest]);
  return Array.from({ length: all.length / FRAME_BYTES }, (_, index) =>
    all.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES),
  );
}
