import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
/** What every user has installed. */
const installed = [
  ...Object.keys(dependencies),
  ...Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true),
];

/** Entry points that need a test runner around them. */
const RUNNERS = ['./testing/jest', './testing/vitest'];
/** Entry points with types of a vendor's SDK. */
const VENDORS = ['./openai', './elevenlabs', './opentelemetry', './redis'];
const names = Object.keys(manifest.exports).filter((name) => name !== './package.json');
const specifier = (name) => manifest.name + name.slice(1);
/** What is loaded by itself. */
export const loadable = names.filter((name) => !RUNNERS.includes(name)).map(specifier);
/** Whose types need nothing that is optional. */
export const bare = names.filter((name) => ![...RUNNERS, ...VENDORS].includes(name)).map(specifier);

/**
 * Builds, packs and unpacks the package, as into a host that has what it must have, and nothing optional.
 * @returns the tarball, what npm says of it, and the host's folder, which is deleted when the process ends
 */
export function pack() {
  const host = mkdtempSync(join(tmpdir(), 'packed-'));
  process.once('exit', () => {
    rmSync(host, { recursive: true, force: true });
  });
  const npm = (...words) =>
    execFileSync('npm', words, { cwd: root, shell: process.platform === 'win32', encoding: 'utf8' });
  npm('run', 'build');
  const [told] = JSON.parse(npm('pack', '--ignore-scripts', '--json', '--pack-destination', host));
  const tarball = join(host, told.filename);
  const folder = join(host, 'node_modules', manifest.name);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  for (const name of installed) {
    const link = join(host, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'junction');
  }
  return { told, tarball, host, folder };
}
