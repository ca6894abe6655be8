import { looped, onTheWire, RATE, scaled } from './sound.mjs';
import { hash, randomOf } from './seeds.mjs';
import { pauses, stops } from './stops.mjs';

const GAIN_DB = 6;
/** One repetition fades into the next, ms. */
const FADE_MS = 400;

/** A noise over and over, each time from another place and with another gain. */
export function noiseTrack({ name, samples }, minutes) {
  const random = randomOf(`negative ${name}`);
  const partMs = samples.length / RATE;
  const track = new Float32Array(Math.round(minutes * 60_000 * RATE));
  for (let at = 0; at < track.length; at += samples.length - FADE_MS * RATE) {
    const part = faded(scaled(looped(samples, partMs, random), (2 * random() - 1) * GAIN_DB), at > 0);
    for (let index = 0; index < part.length && at + index < track.length; index++)
      track[at + index] += part[index];
  }
  return onTheWire(track);
}

/** Ends with a fade, and begins with one unless it is the first: a line has its noise from the beginning. */
function faded(part, fadesIn) {
  const length = FADE_MS * RATE;
  for (let index = 0; index < length; index++) {
    if (fadesIn) part[index] *= Math.sqrt(index / length);
    part[part.length - 1 - index] *= Math.sqrt(index / length);
  }
  return part;
}

/** One long call in which the agent talks and the caller never does: how often its speech is cut. */
export async function falseStops(host, noise, minutes, echo) {
  const { name, group } = noise;
  const track = noise.samples && noiseTrack(noise, minutes);
  const { call } = await host.call({ seed: hash(`negative ${name}`), track, echo });
  const fromMs = host.clock.now();
  await host.clock.advance(minutes * 60_000);
  const now = host.clock.now();
  const found = stops(call, now);
  const silentMs = found.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const result = {
    name,
    group,
    minutes,
    stops: found.length,
    silentShare: silentMs / (now - fromMs),
    pauses: pauses(call, now).length,
    atMs: found.map(({ startMs }) => Math.round(startMs - fromMs)),
  };
  await host.hangUp(call);
  return result;
}
