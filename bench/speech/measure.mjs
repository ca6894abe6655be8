import { isBenign, INTERRUPTIONS } from './corpus/groups.mjs';
import { mixedCases, plainCases } from './cases.mjs';
import { AGENT_SPEAKER } from './agent-voice.mjs';
import { echoPaths, ECHO_MINUTES } from './echo.mjs';
import { Host } from './host.mjs';
import { interrupt } from './interruptions.mjs';
import { falseStops } from './negatives.mjs';
import { inTurn } from './progress.mjs';
import { sample } from './seeds.mjs';
import { wholeCall } from './whole-calls.mjs';

/** Noise that does not count as benign is measured for less time. */
const OTHER_SHARE = 0.25;
/** Clips that are measured with each delay of the echo. */
const ECHO_CLIPS = 40;

/** Everything about one profile. */
export async function measure(profile, corpus, agentAudio, run) {
  const host = await Host.boot(profile, agentAudio);
  const speech = corpus.speech.filter(({ group }) => run.wanted(group));
  const noise = corpus.noise.filter(({ group }) => run.wanted(group));
  const plain = run.runs('interruptions') ? few(plainCases(speech), run.share, 'plain') : [];
  const mixed = run.runs('mixes') ? mixedCases(speech, corpus.noise, run.share) : [];
  const calls = run.runs('calls') ? few(corpus.calls, run.share, 'calls') : [];
  const echo = run.runs('echo') ? await measureEcho(host, corpus.speech, run) : { cases: [], alone: [] };
  const result = {
    interruptions: await inTurn('interruptions', [...plain, ...mixed], (each) => interrupt(host, each)),
    negatives: await inTurn('noise', run.runs('negatives') ? noise : [], (each) =>
      falseStops(host, each, minutesOf(each, noise, run.minutes)),
    ),
    calls: await inTurn('calls', calls, (each) => wholeCall(host, each)),
    echo,
    problems: host.problems,
  };
  await host.close();
  return result;
}

/** The minutes of a group are shared by its noises. */
export function minutesOf({ group }, noise, minutes) {
  const sharing = noise.filter((each) => each.group === group).length;
  return (minutes * (isBenign(group) ? 1 : OTHER_SHARE)) / sharing;
}

/** The same interruptions without and with echo, and the agent alone with its echo. */
async function measureEcho(host, speech, { share }) {
  const callers = speech.filter(
    ({ group, speaker }) =>
      INTERRUPTIONS.includes(group) && group !== 'shouting' && speaker !== AGENT_SPEAKER,
  );
  const cases = plainCases(sample(callers, Math.round(ECHO_CLIPS * share), 'echo'));
  const paths = echoPaths(share);
  const runs = [undefined, ...paths].flatMap((path) => cases.map((each) => ({ path, each })));
  return {
    cases: await inTurn('echo', runs, ({ path, each }) => interrupt(host, each, path)),
    alone: await inTurn('echo alone', paths, async (path) => ({
      echo: path.delayMs,
      ...(await falseStops(
        host,
        { name: `echo ${path.delayMs}`, group: 'echo' },
        ECHO_MINUTES * share,
        path,
      )),
    })),
  };
}

const few = (list, share, name) => (share === 1 ? list : sample(list, Math.ceil(list.length * share), name));
