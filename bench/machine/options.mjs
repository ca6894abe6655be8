import { parseArgs } from 'node:util';

/** The servers under test: `bare` first, as the others are compared with it. */
export const SERVERS = ['bare', 'ours', 'ours-energy', 'openai', 'twilio-realtime-agents'];

export const HELP = `npm run bench:machine -- [flags]
  --calls 1,50,100        concurrent calls
  --seconds 20            measured time of each run
  --rounds 3              rounds, each with every server once
  --servers ${SERVERS.join(',')}
  --seed 1                of phases, barge-ins and noise
  --profile               writes a CPU profile of each server into bench/.cache/machine/profiles
  --find-capacity         how many calls with 0 underruns and clear p99 <= 10 ms; uses the first of --servers, or ours
  --steps 80,100,120,140,160,200   the calls it tries`;

/** @param {string[]} args */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: 'string', default: '1,50,100' },
      seconds: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '3' },
      servers: { type: 'string' },
      seed: { type: 'string', default: '1' },
      profile: { type: 'boolean', default: false },
      'find-capacity': { type: 'boolean', default: false },
      steps: { type: 'string', default: '80,100,120,140,160,200' },
      help: { type: 'boolean', default: false },
    },
  });
  const findCapacity = values['find-capacity'];
  return {
    help: values.help,
    calls: numbers('calls', values.calls),
    seconds: single('seconds', values.seconds),
    rounds: single('rounds', values.rounds),
    servers: known(values.servers?.split(',') ?? (findCapacity ? ['ours'] : SERVERS)),
    seed: single('seed', values.seed),
    profile: values.profile,
    findCapacity,
    steps: numbers('steps', values.steps).sort((a, b) => a - b),
  };
}

function numbers(name, text) {
  const all = text.split(',').map(Number);
  if (all.some((one) => !Number.isInteger(one) || one < 1 || one > 1_000))
    throw new Error(`--${name} must be whole numbers from 1 to 1000, not "${text}"`);
  return all;
}

function single(name, text) {
  const [value, ...rest] = numbers(name, text);
  if (rest.length > 0) throw new Error(`--${name} takes one number, not "${text}"`);
  return value;
}

function known(servers) {
  const unknown = servers.filter((server) => !SERVERS.includes(server));
  if (unknown.length > 0)
    throw new Error(`--servers: no ${unknown.join(', ')}; there are ${SERVERS.join(', ')}`);
  return servers;
}
