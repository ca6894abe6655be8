import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { PEERS } from './folders.mjs';

const INSTALL_MS = 180_000;
/** Only what does the work is named in the results; the rest are their own peers. */
const PACKAGES = {
  openai: {
    '@openai/agents': '0.18.0',
    '@openai/agents-extensions': '0.18.0',
    ws: '8.21.0',
    zod: '4.1.0',
  },
  'twilio-realtime-agents': { 'twilio-realtime-agents': '1.2.0', ws: '8.21.0', zod: '4.1.0' },
};

/**
 * Installs the servers to compare with into the cache: they are no dependencies of this package.
 * @returns versions by package, and why a server could not be installed
 */
export async function installPeers(servers) {
  const wanted = servers.filter((server) => server in PACKAGES);
  const versions = {};
  const unavailable = {};
  if (wanted.length === 0) return { versions, unavailable };
  await mkdir(PEERS, { recursive: true });
  for (const server of wanted) {
    try {
      Object.assign(versions, await install(PACKAGES[server]));
    } catch (error) {
      unavailable[server] = `not installed: ${error.message}`;
    }
  }
  return { versions, unavailable };
}

async function install(packages) {
  const installed = await versionsOf(packages);
  if (Object.entries(packages).every(([name, version]) => installed[name] === version)) return installed;
  const manifest = `${PEERS}package.json`;
  const before = await readJson(manifest);
  await writeFile(
    manifest,
    JSON.stringify({ private: true, dependencies: { ...before?.dependencies, ...packages } }),
  );
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'];
  const { status, stderr, error } = spawnSync('npm', ['install', ...flags], {
    cwd: PEERS,
    encoding: 'utf8',
    timeout: INSTALL_MS,
    shell: process.platform === 'win32',
  });
  if (status === 0) return versionsOf(packages);
  await writeFile(manifest, JSON.stringify(before ?? { private: true }));
  const reasons = stderr?.split('\n').filter((line) => line.startsWith('npm error')) ?? [];
  throw new Error(error?.message ?? reasons[0] ?? `npm ended with ${status}`);
}

async function versionsOf(packages) {
  const entries = await Promise.all(
    Object.keys(packages).map(async (name) => [
      name,
      (await readJson(`${PEERS}node_modules/${name}/package.json`))?.version,
    ]),
  );
  return Object.fromEntries(entries);
}

async function readJson(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
