import { activeLevel, added, looped, meanLevel, onTheWire, RATE, scaled, whiteNoise } from './sound.mjs';
import { randomOf, sample } from './seeds.mjs';

/** A line is never quite silent, dBFS. */
const LINE_NOISE_DB = -65;
/** Before the speech there is at least so much line or noise, and at most twice that, ms. */
const LEAD_MS = 1_500;
/** Noise goes on behind the speech, ms. */
const TAIL_MS = 300;
const SNRS_DB = [20, 10, 5];
const QUIET_DB = -36;
/** Clips that are mixed with noise. */
const MIXED_CLIPS = 30;

/**
 * One interruption.
 *
 * @typedef {object} Case
 * @property {string} name @property {string} speaker @property {string} group @property {string} condition
 * @property {() => Uint8Array} track mu-law: a lead-in, then the clip
 * @property {number} onsetMs in the track @property {number} endMs
 */

/** Every clip as it is. */
export const plainCases = (speech) => speech.map((clip) => makeCase(clip, 'as recorded'));

/** A subset of the clips in noise and soft. */
export function mixedCases(speech, noise, share) {
  const clips = sample(
    speech.filter(({ group }) => ['real speech', 'synthetic speech'].includes(group)),
    Math.round(MIXED_CLIPS * share),
    'mixed clips',
  );
  const noises = {
    white: [{ samples: whiteNoise(5_000, -30, randomOf('white')) }],
    office: noise.filter(({ group }) => group === 'office'),
    babble: noise.filter(({ group }) => group === 'babble'),
    music: noise.filter(({ group }) => group === 'hold music'),
  };
  const cases = clips.map((clip) => makeCase(clip, 'quiet -36 dBFS', { level: QUIET_DB }));
  for (const [name, sources] of Object.entries(noises))
    for (const snr of sources.length > 0 ? SNRS_DB : [])
      for (const [index, clip] of clips.entries()) {
        const { samples } = sources[index % sources.length];
        cases.push(makeCase(clip, `${name} ${snr} dB`, { background: samples, snr }));
      }
  return cases;
}

/** @returns {Case} */
function makeCase({ name, speaker, group, samples, segments }, condition, mix = {}) {
  const random = randomOf(`${name} ${condition}`);
  const leadMs = Math.round((LEAD_MS + random() * LEAD_MS) * RATE) / RATE;
  const first = segments[0] ?? { startMs: 0, endMs: samples.length / RATE };
  const last = segments.at(-1) ?? first;
  return {
    name,
    speaker,
    group,
    condition,
    onsetMs: leadMs + first.startMs,
    endMs: leadMs + last.endMs,
    track: () => onTheWire(mixed(samples, leadMs, mix, random)),
  };
}

function mixed(samples, leadMs, { level, background, snr }, random) {
  const speech = level === undefined ? samples : scaled(samples, level - activeLevel(samples));
  const totalMs = leadMs + samples.length / RATE + TAIL_MS;
  const line = whiteNoise(totalMs, LINE_NOISE_DB, random);
  const track = added(line, speech, leadMs);
  if (background === undefined) return track;
  const noise = looped(background, totalMs, random);
  return added(track, scaled(noise, activeLevel(speech) - snr - meanLevel(noise)));
}
