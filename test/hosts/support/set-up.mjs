import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import tearDown from './tear-down.mjs';
import { HOSTS } from './versions.mjs';
import { makeHosts, makeNodes, makeStock, pack, STOCK } from './workspace.mjs';

/** Jest's global set-up: packs, installs and compiles. With HOSTS_DIRECTORY it is done there, and kept. */
export default async function setUp() {
  const { HOSTS_DIRECTORY: kept } = process.env;
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'hosts-')));
  process.env.HOSTS_DIRECTORY = directory;
  process.env.HOSTS_TO_REMOVE = kept === undefined ? directory : '';
  try {
    await make(directory);
  } catch (error) {
    await tearDown();
    throw error;
  }
}

async function make(directory) {
  const since = performance.now();
  const told = (what) => {
    console.log(`hosts: ${what} after ${Math.round((performance.now() - since) / 1000)} s`);
  };
  await mkdir(directory, { recursive: true });
  const tarball = await pack(directory);
  told('packed');
  const hosts = Object.keys(HOSTS).map((nest) => makeHosts(directory, nest, tarball));
  await Promise.all([makeNodes(directory), ...hosts]);
  told('hosts made');
  await Promise.all(Object.keys(STOCK).map((name) => makeStock(directory, name, tarball)));
  told('new projects made');
}
