// build-cjs.mjs [dist]: writes dist/cjs, the entry points once more as CommonJS: for tools that neither import nor know
// `module-sync`, which is Jest. Node itself loads the ES modules, for `require` too.
import swc from '@swc/core';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, URL } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const require = createRequire(import.meta.url);
/** Has no CommonJS that its `exports` let through: what is used of it goes into `vendor`, with its licence. */
const BUNDLED = 'n2words';
const bundledRoot = dirname(require.resolve(`${BUNDLED}/package.json`));
const RELATIVE = /(?:\bfrom|\bimport|\bimport\()\s*['"](\.{1,2}\/[^'"]+)['"]/g;
const BUNDLED_IMPORT = new RegExp(`from '${BUNDLED}/([^']+)'`, 'g');
const BY_URL = /new URL\('(\.\/[^']+)', import\.meta\.url\)/g;

const posix = (path) => path.split(sep).join('/');
const relativeTo = (file, target) => {
  const path = posix(relative(dirname(file), target));
  return path.startsWith('.') ? path : `./${path}`;
};

/** @returns the files that the given ones import, themselves included */
function reachable(files, fileOf = (path) => path) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(RELATIVE))
      visit(fileOf(join(dirname(file), specifier)));
  };
  files.forEach(visit);
  return [...found];
}

/** What Node makes of an ES module, said in CommonJS: a default import is all of `module.exports`. */
const toCommonJs = (code) =>
  swc.transformSync(code, {
    configFile: false,
    swcrc: false,
    isModule: true,
    jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } },
    module: { type: 'commonjs', importInterop: 'node' },
  }).code;

const write = (file, text) => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

/**
 * @param dist folder of the compiled ES modules; the result is its folder `cjs`
 */
function buildCjs(dist) {
  const cjs = join(dist, 'cjs');
  rmSync(cjs, { recursive: true, force: true });
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.values(exports).filter((entry) => typeof entry !== 'string');
  const files = (field) => entries.map((entry) => join(dist, entry.import[field].replace('./dist/', '')));
  const target = (file) => join(cjs, relative(dist, file));

  const bundled = new Set();
  const vendored = (name) => join(cjs, 'vendor', BUNDLED, name);
  for (const file of reachable(files('default'))) {
    const output = target(file);
    const code = readFileSync(file, 'utf8')
      // Weights and worker threads are loaded by Node itself: one file serves both builds.
      .replace(BY_URL, (_, path) => {
        const asset = join(dirname(file), path);
        if (!existsSync(asset)) throw new Error(`${file} asks for ${path}, which is not there`);
        return `new URL('${relativeTo(output, asset)}', import.meta.url)`;
      })
      .replace(BUNDLED_IMPORT, (_, name) => {
        const source = require.resolve(`${BUNDLED}/${name}`);
        bundled.add(source);
        return `from '${relativeTo(output, vendored(relative(bundledRoot, source)))}'`;
      });
    write(output, toCommonJs(code));
  }
  for (const file of reachable([...bundled]))
    write(vendored(relative(bundledRoot, file)), toCommonJs(readFileSync(file, 'utf8')));

  for (const file of reachable(files('types'), (path) => path.replace(/\.js$/, '.d.ts'))) {
    mkdirSync(dirname(target(file)), { recursive: true });
    cpSync(file, target(file));
  }
  write(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
}

buildCjs(argv[2] ?? join(root, 'dist'));
