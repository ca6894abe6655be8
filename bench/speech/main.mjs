import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { agentSpeech } from './agent-voice.mjs';
import { readArguments, USAGE } from './arguments.mjs';
import { defaultCorpus } from './corpus/default.mjs';
import { labelledCorpus } from './corpus/labelled.mjs';
import { measure } from './measure.mjs';
import { picture } from './picture.mjs';
import { PROFILES } from './profiles.mjs';
import { note } from './progress.mjs';
import { sweep } from './sweep.mjs';
import { printTables } from './tables.mjs';

const RESULTS = relative('.', fileURLToPath(new URL('../results', import.meta.url)));

const run = argumentsOrUsage();
const startedAt = Date.now();
const corpus = run.audio === undefined ? await defaultCorpus() : labelledCorpus(run.audio);
const agentAudio = await agentSpeech();
const contents = `${corpus.speech.length} clips, ${corpus.noise.length} noises, ${corpus.calls.length} calls`;
note(contents);

const byProfile = {};
for (const name of run.profiles) {
  note(name);
  const profile = PROFILES[name];
  byProfile[name] = await measure(profile, corpus, agentAudio, run);
  if (run.runs('sweep') && profile.sweep !== undefined)
    byProfile[name].sweep = sweep(profile.sweep, corpus, run);
}
const skipped = corpus.skipped.length > 0 ? `; not to be had: ${corpus.skipped.join(', ')}` : '';
console.log(`${contents}${skipped}`);
printTables(byProfile);

const seconds = Math.round((Date.now() - startedAt) / 1000);
const file = `${RESULTS}/speech-${new Date(startedAt).toISOString().slice(0, 19).replace(/:/g, '-')}Z`;
mkdirSync(RESULTS, { recursive: true });
const report = { arguments: process.argv.slice(2), seconds, contents, skipped: corpus.skipped, byProfile };
writeFileSync(`${file}.json`, JSON.stringify(report, undefined, 1));
const drawn = Object.values(byProfile).some((result) => result.sweep !== undefined);
if (drawn) writeFileSync(`${file}.svg`, picture(byProfile));
console.log(`\n${file}.json${drawn ? ' and .svg' : ''}, ${seconds} s`);

function argumentsOrUsage() {
  try {
    const read = readArguments(process.argv.slice(2));
    if (!read.help) return read;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    note(`${error.message}\n\n${USAGE}`);
    process.exit(1);
  }
}
