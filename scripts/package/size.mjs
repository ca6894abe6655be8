// Sizes of the packed package, and what each entry point costs a host that has Nest loaded.
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadable, manifest, pack, root } from './packed.mjs';

const RUNS = 5;
const { told, host, folder } = pack();
const cost = join(host, 'cost.mjs');
cpSync(join(root, 'scripts/package/cost.mjs'), cost);

const run = (entry, what) =>
  JSON.parse(execFileSync(process.execPath, [cost, entry, what], { cwd: host, encoding: 'utf8' }));
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const kB = (bytes) => `${Math.round(bytes / 1000)} kB`;
const tell = (files) => `${files.length} files, ${kB(files.reduce((sum, { length }) => sum + length, 0))}`;

const rows = loadable.map((entry) => {
  const files = run(entry, 'files');
  const ours = files.filter(({ url }) => url.startsWith(pathToFileURL(folder).href));
  const ms = median(Array.from({ length: RUNS }, () => run(entry, 'time').ms));
  return { entry, ours: tell(ours), others: tell(files.filter((file) => !ours.includes(file))), ms };
});

console.log(
  `${manifest.name} ${manifest.version}: ${told.entryCount} files, ${kB(told.size)} packed, ${kB(told.unpackedSize)} unpacked\n`,
);
console.log('| Entry point | of this package | of its dependencies | import, CPU |');
console.log('| ----------- | --------------- | ------------------- | ----------- |');
for (const { entry, ours, others, ms } of rows)
  console.log(`| \`${entry}\` | ${ours} | ${others} | ${Math.round(ms)} ms |`);
