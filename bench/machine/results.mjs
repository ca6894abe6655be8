import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { relative } from 'node:path';
import { CAN_PIN } from './child.mjs';
import { RESULTS } from './folders.mjs';

/** What the figures depend on beside the code. */
export function environment(peerVersions, detectors) {
  const [cpu] = cpus();
  return {
    at: new Date().toISOString(),
    commit: commit(),
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${release()}`,
    node: process.version,
    pinned: CAN_PIN,
    peers: peerVersions,
    detectors,
  };
}

/** @returns the file, as seen from here */
export async function writeResults(results) {
  await mkdir(RESULTS, { recursive: true });
  const taken = (await readdir(RESULTS)).map((name) => Number(/^machine-(\d+)\.json$/.exec(name)?.[1] ?? 0));
  const file = `${RESULTS}machine-${Math.max(0, ...taken) + 1}.json`;
  await writeFile(file, JSON.stringify(results, null, 2));
  return relative(process.cwd(), file);
}

function commit() {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const head = execFileSync('git', ['rev-parse', '--short', 'HEAD'], options).trim();
    const dirty = execFileSync('git', ['status', '--porcelain', 'src'], options).trim() !== '';
    return dirty ? `${head} and changes` : head;
  } catch {
    return 'unknown';
  }
}
