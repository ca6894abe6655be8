import { parseArgs } from 'node:util';
import { PROFILES } from './profiles.mjs';

/** What can be run alone. */
export const PARTS = ['interruptions', 'mixes', 'negatives', 'calls', 'echo', 'sweep'];

export const USAGE = `npm run bench:speech -- [flags]
  --audio DIR      a folder with labels.json, speech/, noise/, calls/ instead of fetched and generated audio
  --mixes          with --audio: also in noise and soft
  --only A,B       parts (${PARTS.join(', ')}) or groups (e.g. "hold music", shouting)
  --profiles A,B   of ${Object.keys(PROFILES).join(', ')}
  --minutes N      of each group of noise, 20 by default
  --quick          a tenth of everything`;

/** @throws Error naming what is wrong */
export function readArguments(args) {
  const { values } = parseArgs({
    args,
    options: {
      audio: { type: 'string' },
      mixes: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      profiles: { type: 'string', default: Object.keys(PROFILES).join(',') },
      minutes: { type: 'string', default: '20' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const profiles = list(values.profiles);
  const unknown = profiles.filter((name) => PROFILES[name] === undefined);
  if (unknown.length > 0) throw new Error(`no profile ${unknown.join(', ')}`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0');
  const only = list(values.only);
  const parts = PARTS.filter((part) => only.includes(part));
  const groups = only.filter((name) => !PARTS.includes(name));
  return {
    help: values.help,
    audio: values.audio,
    profiles,
    groups,
    share: values.quick ? 0.1 : 1,
    minutes: values.quick ? minutes / 10 : minutes,
    /** Mixes of labelled audio are an option; a named group runs in every part that has it. */
    runs: (part) =>
      parts.length > 0
        ? parts.includes(part)
        : part === 'mixes'
          ? values.audio === undefined || values.mixes
          : groups.length === 0 || part === 'interruptions' || part === 'negatives',
    wanted: (group) => groups.length === 0 || groups.includes(group),
  };
}

const list = (text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
