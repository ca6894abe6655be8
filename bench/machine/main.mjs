import { mkdir } from 'node:fs/promises';
import { synthesiseSpeech } from './audio.mjs';
import { findCapacity } from './capacity.mjs';
import { DETECTORS, withDetector } from './detectors.mjs';
import { CACHE } from './folders.mjs';
import { HELP, readOptions } from './options.mjs';
import { installPeers } from './peers.mjs';
import { environment, writeResults } from './results.mjs';
import { RAMP_MS, run } from './run.mjs';
import { tables } from './table.mjs';
import { makeTracks } from './tracks.mjs';

/** Room at the end of a track for what happens around the measured time, ms. */
const SPARE_MS = 5_000;
/** What a run takes beside the measured time, s. */
const OVERHEAD_S = 6;

/** Speech, and what each detector makes of it. */
async function prepare({ seconds, seed }) {
  await mkdir(CACHE, { recursive: true });
  const { callerLines, agentFile } = await synthesiseSpeech();
  const ms = RAMP_MS + seconds * 1_000 + SPARE_MS;
  const tracks = {};
  const names = {};
  for (const name of Object.keys(DETECTORS))
    await withDetector(name, async (heard) => {
      names[name] = heard.makeDetector().constructor.name;
      const { file, lines, decisions } = await makeTracks(name, callerLines, heard, ms, seed);
      tracks[name] = file;
      console.log(`${name} detector (${names[name]}): notices ${decisions} of ${lines} barge-ins`);
    });
  return { speech: { agentFile, tracks }, detectors: names };
}

async function compare({ calls, rounds, servers, ...what }, unavailable) {
  const runs = [];
  const tested = servers.filter((name) => !(name in unavailable));
  const minutes = (calls.length * rounds * tested.length * (what.seconds + OVERHEAD_S)) / 60;
  console.log(`${calls.length * rounds * tested.length} runs, about ${Math.ceil(minutes)} minutes`);
  for (const count of calls)
    for (let round = 1; round <= rounds; round++)
      for (const server of tested) {
        const result = await run({ ...what, server, count, seed: what.seed * 100 + round });
        runs.push({ round, ...result });
        console.log(`${count} calls, round ${round}, ${server}: ${brief(result)}`);
      }
  return runs;
}

function brief({ error, clear, cpuMsPerCallSecond, attempt, void: isVoid }) {
  if (error !== undefined) return error;
  const times = `clear p50 ${clear.p50?.toFixed(2)}, p99 ${clear.p99?.toFixed(2)} ms`;
  const again = isVoid ? `, void after ${attempt} attempts` : attempt > 1 ? `, attempt ${attempt}` : '';
  return `${times}, CPU ${cpuMsPerCallSecond.toFixed(2)} ms per call-second${again}`;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return;
  }
  const { versions, unavailable } = await installPeers(options.servers);
  const { speech, detectors } = await prepare(options);
  const setting = { environment: environment(versions, detectors), options, unavailable };
  if (options.findCapacity) await search({ ...options, speech }, setting);
  else await measure({ ...options, speech }, setting);
}

async function measure(options, setting) {
  const runs = await compare(options, setting.unavailable);
  console.log(`\n${tables(runs, setting.unavailable).join('\n\n')}\n`);
  console.log(
    'Vendors and speech synthesis are not in these figures; detection time is not in those of clear.',
  );
  console.log(`Written to ${await writeResults({ ...setting, runs })}`);
}

async function search({ servers: [server], ...options }, setting) {
  const { runs, capacity } = await findCapacity({ ...options, server }, (result, passed) => {
    const { calls, error, underruns, missed, cpuShare } = result;
    const core = (100 * cpuShare).toFixed(0);
    const more = error === undefined ? `, ${underruns} underruns, ${missed} missed, core ${core} %` : '';
    console.log(`${calls} calls, ${server}: ${passed ? 'passed' : 'failed'}: ${brief(result)}${more}`);
  });
  console.log(`\n${server}: ${capacity} calls on one core with 0 underruns and clear p99 <= 10 ms`);
  console.log(`Written to ${await writeResults({ ...setting, capacity, runs })}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof TypeError ? error : error.message);
  process.exitCode = 1;
}
