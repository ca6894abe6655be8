import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOSTS } from './versions.mjs';
import { makeHosts, makeNodes, makeStock, pack, STOCK } from './workspace.mjs';

/** Jest's global set-up: packs, installs and compiles. With HOSTS_DIRECTORY it is done there, and kept. */
export default async function setUp() {
  process.env.HOSTS_TO_REMOVE = '';
  if (process.env.HOSTS_DIRECTORY === undefined)
    process.env.HOSTS_TO_REMOVE = process.env.HOSTS_DIRECTORY = await mkdtemp(join(tmpdir(), 'hosts-'));
  const directory = process.env.HOSTS_DIRECTORY;
  await mkdir(directory, { recursive: true });
  const since = performance.now();
  const told = (what) => {
    console.log(`hosts: ${what} after ${Math.round((performance.now() - since) / 1000)} s`);
  };
  const tarball = await pack(directory);
  told('packed');
  await Promise.all([
    makeNodes(directory),
    ...Object.keys(HOSTS).map((nest) => makeHosts(directory, nest, tarball)),
  ]);
  told('hosts are made');
  await Promise.all(Object.keys(STOCK).map((name) => makeStock(directory, name, tarball)));
  told('new projects are made');
}
