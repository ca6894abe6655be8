import { randomOf, sample } from '../seeds.mjs';
import { added, looped, meanLevel, RATE, scaled } from '../sound.mjs';
import { note } from '../progress.mjs';
import { telephoneClip } from './clip.mjs';
import { generatedNoise } from './generated-noise.mjs';
import { noiseGroup } from './groups.mjs';
import { RECORDED_NOISE } from './recorded-noise.mjs';
import { RECORDINGS } from './recordings.mjs';
import { spokenClips } from './spoken.mjs';

const BABBLE_MS = 30_000;
const BABBLE_DB = -42;

/** Packages fetched into bench/.cache, the offline voice, and generated noise. What cannot be had is skipped. */
export async function defaultCorpus() {
  const skipped = [];
  const fetched = async (groups) => {
    const all = [];
    for (const { name, read } of groups)
      try {
        all.push(...(await read()));
      } catch (error) {
        skipped.push(name);
        note(`  skipped ${name}: ${String(error.message).split('\n')[0]}`);
      }
    return all;
  };
  const recorded = (await fetched(RECORDINGS)).map((clip) => ({ ...clip, group: 'real speech' }));
  const speech = [...recorded, ...(await spokenClips())].flatMap((clip) => telephoneClip(clip) ?? []);
  const noise = [...generatedNoise(), ...(await fetched(RECORDED_NOISE)), ...babble(speech)];
  return {
    speech,
    noise: noise.map((each) => ({ ...each, group: noiseGroup(each.name) })),
    calls: [],
    skipped,
  };
}

/** Many people at once, and a few. */
function babble(speech) {
  const people = speech.filter(
    ({ group, samples }) => group === 'real speech' && samples.length > 1_000 * RATE,
  );
  return [10, 4]
    .filter((talkers) => people.length >= talkers * 2)
    .map((talkers) => ({ name: `babble${talkers}`, samples: crowd(people, talkers) }));
}

function crowd(people, talkers) {
  const random = randomOf(`babble ${talkers}`);
  let sum = new Float32Array(BABBLE_MS * RATE);
  for (const { samples } of sample(people, talkers, `babble ${talkers}`))
    sum = added(sum, looped(samples, BABBLE_MS, random));
  return scaled(sum, BABBLE_DB - meanLevel(sum));
}
