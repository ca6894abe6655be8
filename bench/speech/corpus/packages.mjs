import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { promisify } from 'node:util';
import { note } from '../progress.mjs';

const CACHE = fileURLToPath(new URL('../../.cache/speech/packages', import.meta.url));
const run = promisify(execFile);

/** The files of a Debian package, unpacked but not installed. @throws where there is no apt, or it fails */
export const debian = (name) =>
  cached(name, async (folder) => {
    await download(name, folder);
    const [file] = readdirSync(folder).filter((each) => each.endsWith('.deb'));
    await run('dpkg-deb', ['-x', file, '.'], { cwd: folder });
    rmSync(join(folder, file));
  });

/** One folder of an npm package, which is not installed. @param spec name@version */
export const npm = (spec, inside) =>
  cached(spec.replace(/\W+/g, '-').replace(/^-/, ''), async (folder) => {
    await run('npm', ['pack', spec, '--silent'], { cwd: folder, shell: process.platform === 'win32' });
    const [file] = readdirSync(folder).filter((each) => each.endsWith('.tgz'));
    await run('tar', ['xzf', file, `package/${inside}`], { cwd: folder });
    rmSync(join(folder, file));
  });

async function download(name, folder) {
  try {
    await run('apt-get', ['download', name], { cwd: folder });
  } catch {
    // The machine's own list is missing or old: one in the cache needs no root.
    await run('apt-get', [...(await ownLists()), 'download', name], { cwd: folder });
  }
}

let lists;
function ownLists() {
  lists ??= (async () => {
    const state = join(CACHE, 'apt');
    mkdirSync(join(state, 'lists', 'partial'), { recursive: true });
    const options = ['-o', `Dir::State::lists=${join(state, 'lists')}`, '-o', `Dir::Cache=${state}`];
    await run('apt-get', [...options, '-o', 'APT::Sandbox::User=root', 'update']);
    return options;
  })();
  return lists;
}

/** A folder is made under another name first: one that was broken off is not taken for whole. */
async function cached(name, make) {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  note(`  fetching ${name}`);
  await make(unfinished);
  renameSync(unfinished, folder);
  return folder;
}
