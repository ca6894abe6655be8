// A directory with hosts in it that have installed the packed tarball.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { promisify } from 'node:util';
import { BEFORE, HOSTS, NODES } from './versions.mjs';

const here = fileURLToPath(new URL('./', import.meta.url));
const root = join(here, '../../..');
const run = promisify(execFile);
/** An install takes seconds; without a registry npm would wait for minutes. */
const INSTALL_MS = 240_000;
const PATIENCE = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=60000'];
const QUIET = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
/** Module formats, by what `package.json` calls them. */
const FORMATS = { cjs: 'commonjs', esm: 'module' };
const OF_NODE = { module: 'nodenext' };
/** As projects of Nest 10 and before were made, which know no `exports`; the packages of Nest 12 need them. */
const OF_OLD = { module: 'commonjs', moduleResolution: 'node10' };

const COMPILER = ['@swc/jest', '@swc/core'];

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
const writeJson = (path, value) => writeFile(path, JSON.stringify(value, null, 2));

/** Packs the package. @returns the path of the tarball, which changes with what is in it */
export async function pack(directory) {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], { cwd: root });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  const packed = join(directory, filename);
  const hash = createHash('sha256')
    .update(await readFile(packed))
    .digest('hex');
  const tarball = packed.replace(/\.tgz$/, `-${hash.slice(0, 8)}.tgz`);
  await rename(packed, tarball);
  return tarball;
}

/** @throws Error that says what npm said, and that a registry is needed */
async function install(cwd, packages = []) {
  const options = [`--before=${BEFORE}`, ...QUIET, ...PATIENCE];
  try {
    await run('npm', ['install', ...options, ...packages], { cwd, timeout: INSTALL_MS });
  } catch (error) {
    const said = error.killed ? `npm had not ended after ${INSTALL_MS / 1000} s` : error.stderr.trim();
    throw new Error(
      `The hosts cannot be installed, for which npm's registry must be reachable (npm ping):\n${said}`,
      { cause: error },
    );
  }
}

/** Makes one install for all hosts of a major version of Nest; a folder for each module format. */
export async function makeHosts(directory, nest, tarball) {
  const home = join(directory, `nest-${nest}`);
  await mkdir(home, { recursive: true });
  const dependencies = { ...HOSTS[nest], 'nestjs-twilio-voice': `file:${tarball}` };
  await writeJson(join(home, 'package.json'), { private: true, dependencies });
  await install(home);
  await Promise.all(Object.keys(FORMATS).map((format) => compileHost(home, nest, format)));
}

async function compileHost(home, nest, format) {
  const project = join(home, format);
  await rm(project, { recursive: true, force: true });
  await cp(join(here, '../projects/host'), join(project, 'src'), { recursive: true });
  await cp(join(here, '../projects/scripts'), project, { recursive: true });
  await writeJson(join(project, 'package.json'), { private: true, type: FORMATS[format] });
  await writeJson(join(project, 'tsconfig.json'), {
    compilerOptions: {
      ...(Number(nest) === 11 && format === 'cjs' ? OF_OLD : OF_NODE),
      ...{ target: 'ES2023', strict: true, skipLibCheck: true, types: ['node'] },
      ...{ experimentalDecorators: true, emitDecoratorMetadata: true, esModuleInterop: true },
      ...{ rootDir: 'src', outDir: 'dist' },
    },
    include: ['src'],
  });
  await say(process.execPath, [join(home, 'node_modules/typescript/bin/tsc'), '-p', project], home);
}

/** Runs a command that tells what is wrong on its standard output. */
async function say(command, args, cwd) {
  try {
    await run(command, args, { cwd });
  } catch (error) {
    throw new Error(`${args.join(' ')}:\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

/** New projects as the CLI of a major version makes them, with the tarball and a tested agent in them. */
export const STOCK = {
  'nest-11': { nest: 11, format: 'cjs', runner: 'jest' },
  'nest-12-esm': { nest: 12, format: 'esm', runner: 'vitest' },
  'nest-12-cjs': { nest: 12, format: 'cjs', runner: 'jest' },
};

/** `nest new`, or where that has no option for the module format, what it runs. */
function generate(modules, name, cwd) {
  const schematics = ['@angular-devkit/schematics-cli/bin/schematics.js', '@nestjs/schematics:application'];
  const [script, ...args] =
    name === 'nest-12-cjs'
      ? [...schematics, `--name=${name}`, '--type=cjs', '--no-interactive', '--language=ts']
      : ['@nestjs/cli/bin/nest.js', 'new', name, '--skip-install', '--skip-git'];
  return say(process.execPath, [join(modules, script), ...args, '--package-manager=npm'], cwd);
}

/** Makes such a project, and puts an agent and its spec in it, as its module format and its runner want them. */
export async function makeStock(directory, name, tarball) {
  const { nest, format, runner } = STOCK[name];
  const sources = join(here, '../projects/stock');
  const parent = join(directory, 'stock');
  const project = join(parent, name);
  await mkdir(parent, { recursive: true });
  if (!(await exists(project))) await generate(join(directory, `nest-${nest}/node_modules`), name, parent);
  const compiler = name === 'nest-12-cjs' ? ['--save-dev', ...COMPILER] : [];
  await install(project, [tarball, `@nestjs/websockets@${nest}`, ...compiler]);
  for (const file of await readdir(sources)) {
    const text = await readFile(join(sources, file), 'utf8');
    const local = text.replace(/(from '\.\/[\w.]+)\.js'/g, format === 'esm' ? `$1.js'` : `$1'`);
    await writeFile(join(project, 'src', file), local.replace('testing/jest', `testing/${runner}`));
  }
  // What the README says Nest 12 needs of an older Node's Jest.
  const [, block] =
    /^```js\n(const swc = .*?)^```$/ms.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
  const config = `${block}export default { ...config, rootDir: 'src', testRegex: '.*\\\\.spec\\\\.ts$' };\n`;
  if (compiler.length > 0) await writeFile(join(project, 'jest-compiled.config.mjs'), config);
}

const OWN = process.versions.node.split('.')[0];

/** The versions of Node that this is not. */
export async function makeNodes(directory) {
  const home = join(directory, 'nodes');
  await mkdir(home, { recursive: true });
  const pack = `node-${process.platform}-${process.arch}`;
  const others = Object.entries(NODES).filter(([major]) => major !== OWN);
  const dependencies = Object.fromEntries(
    others.map(([major, version]) => [`node-${major}`, `npm:${pack}@${version}`]),
  );
  await writeJson(join(home, 'package.json'), { private: true, dependencies });
  await install(home);
}

/** @returns the path of a Node of that major version */
export const nodePath = (directory, major) =>
  String(major) === OWN ? process.execPath : join(directory, `nodes/node_modules/node-${major}/bin/node`);

/** A PATH in which `node` is that one. */
export const pathWith = (node) => `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
