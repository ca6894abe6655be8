import { setTimeout } from 'node:timers/promises';
import { CAN_PIN, Child } from './child.mjs';
import { busyMs } from './core.mjs';
import { CACHE } from './folders.mjs';

const LOAD_CORE = 0;
const SERVER_CORE = 1;
/** Before anything is measured all calls have begun and the server is warm. */
export const RAMP_MS = 3_000;
const MAX_LAG_P99_MS = 10;
const MAX_STALL_MS = 100;
/** Others may have had so much of the server's core. */
const MAX_FOREIGN_SHARE = 0.08;
const ATTEMPTS = 3;

/** Each server under test: its module, whose decisions it follows, and what it needs. */
const SETUPS = {
  bare: { module: 'bare', detector: 'default', magic: true, paced: true },
  ours: { module: 'ours', detector: 'default', magic: false, paced: true },
  'ours-energy': { module: 'ours', detector: 'energy', magic: false, paced: true },
  openai: { module: 'openai', detector: 'default', magic: true, model: true },
  'twilio-realtime-agents': {
    module: 'twilio-realtime-agents',
    detector: 'default',
    magic: true,
    model: true,
  },
};

/**
 * One server with one number of calls; again when the load generator lagged or others used the
 * server's core, as that is not the server's doing.
 * @param {{ server: string, count: number, seconds: number, seed: number, speech: object, profile: boolean }} what
 */
export async function run(what) {
  let result;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      result = { server: what.server, calls: what.count, attempt, ...(await once(what)) };
    } catch (error) {
      return { server: what.server, calls: what.count, attempt, error: error.message };
    }
    if (!result.void) break;
  }
  return result;
}

async function once({ server: name, count, seconds, seed, speech, profile }) {
  const setup = SETUPS[name];
  const { agentFile, tracks } = speech;
  const children = [];
  const open = (...child) => children[children.push(new Child(...child)) - 1];
  try {
    const model = setup.model ? open(`${name} model`, 'fake-model.mjs', [], { core: LOAD_CORE }) : undefined;
    const modelUrl = (await model?.ask('start', { agentFile }))?.url;
    const server = open(name, 'serve.mjs', [setup.module], serverProcess(profile, name, count));
    const target = await server.ask('start', { agentFile, modelUrl, detector: setup.detector });
    const idle = await server.ask('live');
    const load = open('load generator', 'load/main.mjs', [], { core: LOAD_CORE });
    const tracksFile = tracks[setup.detector];
    await load.ask('connect', { target, count, tracksFile, magic: setup.magic, seed, rampMs: RAMP_MS });
    await load.ask('ramp', { rampMs: RAMP_MS });
    const before = await usage(server);
    await load.ask('begin');
    await setTimeout(seconds * 1_000);
    const seen = await load.ask('end');
    const after = await usage(server);
    const foreignShare = profile ? 0 : foreign(before, after);
    const live = await server.ask('live');
    await load.ask('hangUp');
    const { complaint } = server;
    return {
      void: seen.lag.p99 > MAX_LAG_P99_MS || seen.lag.max > MAX_STALL_MS || foreignShare > MAX_FOREIGN_SHARE,
      foreignShare,
      paced: setup.paced === true,
      ...seen,
      ...costs(before, after, idle, live, count),
      ...(complaint === '' ? {} : { complaint }),
    };
  } finally {
    await Promise.all(children.reverse().map((child) => child.close()));
  }
}

async function usage(server) {
  const own = await server.ask('usage');
  return { ...own, coreBusyMs: await busyMs(SERVER_CORE) };
}

/** How much of the server's core others have had; 0 where that is unknown. */
function foreign(before, after) {
  if (!CAN_PIN || before.coreBusyMs === undefined || after.coreBusyMs === undefined) return 0;
  const othersMs = after.coreBusyMs - before.coreBusyMs - (after.cpuMs - before.cpuMs);
  return Math.max(0, othersMs) / (after.atMs - before.atMs);
}

function costs(before, after, idle, live, count) {
  const callSeconds = (count * (after.atMs - before.atMs)) / 1_000;
  return {
    cpuMsPerCallSecond: (after.cpuMs - before.cpuMs) / callSeconds,
    cpuShare: (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs),
    rssMb: after.rssMb,
    rssMbPerCall: (after.rssMb - idle.rssMb) / count,
    liveMbPerCall: (live.liveMb - idle.liveMb) / count,
  };
}

/** On one core the sampling thread would wait for the thread it samples: a profile is taken unpinned. */
function serverProcess(profile, name, count) {
  const dir = `${CACHE}profiles`;
  return profile
    ? {
        nodeFlags: [
          '--expose-gc',
          '--cpu-prof',
          `--cpu-prof-dir=${dir}`,
          `--cpu-prof-name=${name}-${count}.cpuprofile`,
        ],
      }
    : { core: SERVER_CORE, nodeFlags: ['--expose-gc'] };
}
