import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { build } from './support/build.js';

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string } | string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest;
const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
/** What every user has installed. */
const INSTALLED = new Set([
  ...Object.keys(dependencies),
  ...Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true),
]);

/** Entry points that are made for one package more: they are loaded without a vendor's SDK, and with a test runner. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  './elevenlabs': ['elevenlabs'],
  './openai': ['openai'],
};
const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  './testing/jest': ['@jest/globals', 'expect'],
  './testing/vitest': ['vitest'],
};

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** @returns the packages that a compiled file asks for, itself or by others of ours */
function packagesOf(file: string, importsOf: (text: string) => string[], seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const imports = importsOf(readFileSync(file, 'utf8')).filter((specifier) => !isBuiltin(specifier));
  return imports.flatMap((specifier) => {
    if (!specifier.startsWith('.')) return [packageOf(specifier)];
    const types = file.endsWith('.d.ts');
    const path = join(dirname(file), types ? specifier.replace(/\.js$/, '.d.ts') : specifier);
    return packagesOf(path, importsOf, seen);
  });
}

const typeImports = (text: string): string[] =>
  ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
/** Those that are loaded with the file, and not when they are needed. */
const staticImports = (text: string): string[] =>
  ts.createSourceFile('', text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    return moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [];
  });

const unique = (names: readonly string[]) => [...new Set(names)].sort();

describe('the package', () => {
  let built: string;
  beforeAll(async () => {
    built = await build('package');
  }, 120_000);
  const compiled = (path: string) => join(built, path.replace('./dist/', ''));
  const entries = Object.entries(manifest.exports).flatMap(([name, entry]) =>
    typeof entry === 'string' ? [] : [{ name, ...entry }],
  );

  it.each(entries)('$name has types that need nothing which is not installed with it', ({ name, types }) => {
    const own = [...(VENDORS[name] ?? []), ...(RUNNERS[name] ?? [])];
    const wanted = unique(packagesOf(compiled(types), typeImports));
    const withTypes = wanted.flatMap((wants) =>
      existsSync(new URL(`../node_modules/@types/${wants}`, import.meta.url))
        ? [wants, `@types/${wants}`]
        : [wants],
    );
    expect(withTypes.filter((wants) => !INSTALLED.has(wants) && !own.includes(wants))).toEqual([]);
  });

  it.each(entries)('$name is loaded without any vendor’s SDK', ({ name, default: file }) => {
    const own = RUNNERS[name] ?? [];
    const wanted = unique(packagesOf(compiled(file), staticImports));
    expect(wanted.filter((wants) => !INSTALLED.has(wants) && !own.includes(wants))).toEqual([]);
    if (name === '.') expect(wanted).toContain('@nestjs/common'); // imports are followed
  });

  it('has a command that can be run', () => {
    for (const file of Object.values(manifest.bin))
      expect(readFileSync(compiled(file), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('is built before it is packed: what is not built is not in it', () => {
    expect(manifest.scripts['prepack']).toBe('npm run build');
  });
});
