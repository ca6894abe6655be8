import { decodeMuLaw } from '../../dist/audio/mu-law.js';
import { SustainedSpeech } from '../../dist/listening/sustained-speech.js';
import { plainCases } from './cases.mjs';
import { isBenign, INTERRUPTIONS } from './corpus/groups.mjs';
import { deadline } from './interruptions.mjs';
import { minutesOf } from './measure.mjs';
import { noiseTrack } from './negatives.mjs';
import { note } from './progress.mjs';
import { falseStopFigures, interruptionFigures } from './statistics.mjs';

const BARS_MS = [40, 60, 80, 100, 120, 140, 160, 200, 240, 300, 400];
/** A frame's way to the server and the `clear`'s way back, as in the calls, ms. */
const WAY_MS = 85;
/** Minutes of each group of noise, as part of those of the calls. */
const NOISE_SHARE = 0.5;

/** Detector and rule alone over the same audio, for each bar: what whole calls would take too long for. */
export function sweep({ detector, rule, barsMs = BARS_MS }, corpus, run) {
  const speech = corpus.speech.filter(
    ({ group }) => INTERRUPTIONS.includes(group) && group !== 'shouting' && run.wanted(group),
  );
  const benign = corpus.noise.filter(({ group }) => isBenign(group) && run.wanted(group));
  const clips = plainCases(speech).map((each) => ({ ...each, windows: listen(detector(), each.track()) }));
  note(`  sweep: ${clips.length} clips heard`);
  const noises = benign.map((each) => {
    const minutes = minutesOf(each, benign, run.minutes) * NOISE_SHARE;
    return { ...each, minutes, windows: listen(detector(), noiseTrack(each, minutes)) };
  });
  note(`  sweep: ${noises.length} noises heard`);
  return barsMs.map((barMs) => {
    const { p50, p95, missedPercent } = interruptionFigures(
      clips.map((clip) => interrupted(clip, rule(barMs))),
    );
    const { per10Minutes } = falseStopFigures(noises.map((noise) => stopped(noise, rule(barMs))));
    return { barMs, p50: p50 + WAY_MS, p95: p95 + WAY_MS, missedPercent, per10Minutes };
  });
}

function listen(detector, mulaw) {
  const windows = [];
  const samples = decodeMuLaw(mulaw);
  for (let at = 0; at < samples.length; at += 160)
    detector.process(samples.subarray(at, at + 160), (probability, levelDb) => {
      windows.push({ probability, levelDb });
    });
  return { windows, ms: detector.windowMs };
}

/** When the rule says that speech begins, ms; the agent talks whenever the caller does not. */
function starts({ windows, ms }, options) {
  const rule = new SustainedSpeech(options);
  const found = [];
  windows.forEach(({ probability, levelDb }, index) => {
    const change = rule.push(probability, levelDb, ms, !rule.speaking);
    if (change === 'started') found.push({ atMs: (index + 1) * ms });
    if (change === 'ended') found.at(-1).untilMs = (index + 1) * ms;
  });
  return found;
}

function interrupted({ windows, onsetMs, endMs }, options) {
  const found = starts(windows, options);
  if (found.some(({ atMs, untilMs = Infinity }) => atMs < onsetMs && untilMs > onsetMs))
    return { outcome: 'early' };
  const first = found.find(({ atMs }) => atMs >= onsetMs);
  return first !== undefined && first.atMs + WAY_MS <= deadline(onsetMs, endMs)
    ? { outcome: 'stopped', delayMs: first.atMs - onsetMs }
    : { outcome: 'missed' };
}

const stopped = ({ windows, minutes }, options) => ({
  minutes,
  stops: starts(windows, options).length,
  silentShare: 0,
  pauses: 0,
});
