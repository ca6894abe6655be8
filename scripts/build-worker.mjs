// Jest's global set-up: compiles when the sources of the synthesis thread are newer than what it would run.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const built = `${root}dist/tts/offline/offline-voice.worker.js`;
const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const newestSource = () =>
  ['src/audio', 'src/tts/offline']
    .flatMap((folder) => readdirSync(root + folder).map((name) => `${root}${folder}/${name}`))
    .filter((file) => /(?<!\.spec)\.ts$/.test(file))
    .reduce((newest, file) => Math.max(newest, timeOf(file)), 0);

export default function buildWorker() {
  if (timeOf(built) > newestSource()) return;
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  // Type errors elsewhere are for the type check to tell; tsc writes its output all the same.
  spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root });
  if (timeOf(built) === 0) throw new Error(`tsc did not write ${built}`);
}
