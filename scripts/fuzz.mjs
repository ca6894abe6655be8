// npm run fuzz [-- runs [seed]]: random calls against the rules; a failure is printed shrunk, with its seed.
import { spawnSync } from 'node:child_process';

const [runs = '100000', seed = String(process.pid * 7919)] = process.argv.slice(2);
console.log(`${runs} runs, seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'test/property',
  ],
  { stdio: 'inherit', env: { ...process.env, FUZZ_RUNS: runs, FUZZ_SEED: seed } },
);
process.exit(status ?? 1);
