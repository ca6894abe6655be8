import { basename } from 'node:path';
import { sample } from '../seeds.mjs';
import { grouped } from '../statistics.mjs';
import { filesBelow, readOgg, readRaw, readWav } from './audio-files.mjs';
import { debian } from './packages.mjs';

const PROMPTS = 12;
const WORDS_PER_LANGUAGE = 2;
const ASTERISK = {
  en: 'allison_en',
  es: 'allison_es',
  fr: 'june_fr',
  it: 'carlo_it',
  ru: 'prompts_ru',
};
const RADIO = 'hts1 hts2 kristoff vk5qi ve9qrp_10s cross forig morig mmt1 cq_ref'.split(' ');

const nameOf = (path) => basename(path).replace(/\.\w+$/, '');

/** Groups of recorded people, each from one package; `read` fetches it. */
export const RECORDINGS = [
  ...Object.entries(ASTERISK).map(([language, speaker]) => ({
    name: `asterisk-core-sounds-${language}-wav`,
    read: () => prompts(`asterisk-core-sounds-${language}-wav`, speaker),
  })),
  { name: 'pocketsphinx-testdata', read: readers },
  { name: 'codec2-examples', read: radio },
  { name: 'ktuberling-data', read: volunteers },
];

/** Telephone prompts of one speaker. */
async function prompts(name, speaker) {
  const root = `${await debian(name)}/usr/share/asterisk/sounds`;
  const files = filesBelow(root, /\.wav$/).filter((path) => !/silence|beep|tone|screaming|laugh/i.test(path));
  return sample(files, PROMPTS, name).map((path) => ({
    name: `${speaker}_${nameOf(path)}`,
    speaker,
    samples: readWav(path),
  }));
}

/** People reading: LibriVox, cards, commands, digits. */
async function readers() {
  const root = `${await debian('pocketsphinx-testdata')}/usr/share/pocketsphinx/test/data`;
  const recordings = filesBelow(root, /(librivox|cards)\/.*\.wav$/).map((path) => [path, readWav(path)]);
  const commands = filesBelow(root, /^(goforward|something|numbers)\.raw$/);
  recordings.push(...commands.map((path) => [path, readRaw(path, 16_000)]));
  return recordings.map(([path, samples]) => ({
    name: `ps_${nameOf(path).replace(/^sense_and_sensibility_01_austen_64kb/, 'austen')}`,
    speaker: /librivox/.test(path) ? 'ps_librivox' : /cards/.test(path) ? 'ps_cards' : `ps_${nameOf(path)}`,
    samples,
  }));
}

/** Talk over the radio, 8 kHz. */
async function radio() {
  const root = `${await debian('codec2-examples')}/usr/share/codec2/raw`;
  return RADIO.map((name) => ({
    name: `c2_${name}`,
    speaker: `c2_${name}`,
    samples: readRaw(`${root}/${name}.raw`, 8_000),
  }));
}

/** Volunteers who say single words in many languages. */
async function volunteers() {
  const root = `${await debian('ktuberling-data')}/usr/share/ktuberling/sounds`;
  const byLanguage = grouped(filesBelow(root, /\.(ogg|wav)$/), (path) => path.split('/').at(-2));
  const clips = [];
  for (const [language, files] of byLanguage)
    for (const path of language.includes('@') ? [] : sample(files, WORDS_PER_LANGUAGE, language))
      clips.push({
        name: `kt_${language}_${nameOf(path)}`,
        speaker: `kt_${language}`,
        samples: path.endsWith('.ogg') ? await readOgg(path) : readWav(path),
      });
  return clips;
}
