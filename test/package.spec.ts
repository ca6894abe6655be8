import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { build } from './support/build.js';

type Condition = 'import' | 'module-sync' | 'default';

interface EntryFiles {
  readonly types: string;
  readonly default: string;
}

interface Manifest {
  readonly main: string;
  readonly types: string;
  readonly typesVersions: Readonly<Record<'*', Readonly<Record<string, readonly string[]>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Readonly<Record<Condition, EntryFiles>> | string>>;
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
  './opentelemetry': ['@opentelemetry/api'],
  './redis': ['ioredis'],
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

function typeImports(text: string): string[] {
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(text);
  return [...importedFiles, ...typeReferenceDirectives].map(({ fileName }) => fileName);
}
/** Those that are loaded with the file, and not when they are needed. */
function staticImports(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.getText() === 'require'
          ? node.arguments[0]
          : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) found.push(specifier.text);
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('', text, ts.ScriptTarget.Latest, true));
  return found;
}

const unique = (names: readonly string[]) => [...new Set(names)].sort();

describe('what is looked for in declarations', () => {
  it.each([
    "import type { OpenAI } from 'openai';",
    "import 'openai/helpers';",
    "export * from 'openai';",
    "export type { OpenAI as Model } from 'openai';",
    "declare const client: import('openai').OpenAI;",
    "export declare const list: Map<string, typeof import('openai')>;",
    '/// <reference types="openai" />',
    "export {};\ndeclare module 'openai' {\n}",
  ])('is found in: %s', (text) => {
    expect(typeImports(text).map(packageOf)).toEqual(['openai']);
  });
});

describe('what is looked for in scripts', () => {
  it.each([
    ["import OpenAI from 'openai';", ['openai']],
    ["export { OpenAI } from 'openai';", ['openai']],
    ['const _openai = _interop(require("openai"), true);', ['openai']],
    ["const later = () => import('openai');", []],
    ['const later = async () => await Promise.resolve().then(() => _interop(require("openai")));', []],
  ])('is found when it is loaded at once: %s', (text, found) => {
    expect(staticImports(text)).toEqual(found);
  });
});

describe('the package', () => {
  let built: string;
  beforeAll(async () => {
    built = await build('package');
    execFileSync(process.execPath, ['scripts/build-cjs.mjs', built]);
  }, 120_000);
  const compiled = (path: string) => join(built, path.replace('./dist/', ''));
  const conditions = Object.entries(manifest.exports).flatMap(([name, entry]) =>
    typeof entry === 'string' ? [] : [{ name, ...entry }],
  );
  const entries = conditions.flatMap(({ name, import: modules, default: commonJs }) => [
    { name, kind: 'ES modules', ...modules },
    { name, kind: 'CommonJS', ...commonJs },
  ]);

  it.each(entries)(
    '$name ($kind) has types that need nothing which is not installed with it',
    ({ name, types }) => {
      const own = [...(VENDORS[name] ?? []), ...(RUNNERS[name] ?? [])];
      const wanted = unique(packagesOf(compiled(types), typeImports));
      const withTypes = wanted.flatMap((wants) =>
        existsSync(new URL(`../node_modules/@types/${wants}`, import.meta.url))
          ? [wants, `@types/${wants}`]
          : [wants],
      );
      expect(withTypes.filter((wants) => !INSTALLED.has(wants) && !own.includes(wants))).toEqual([]);
    },
  );

  it.each(entries)('$name ($kind) is loaded without any vendor’s SDK', ({ name, default: file }) => {
    const own = RUNNERS[name] ?? [];
    const wanted = unique(packagesOf(compiled(file), staticImports));
    expect(wanted.filter((wants) => !INSTALLED.has(wants) && !own.includes(wants))).toEqual([]);
    if (name === '.') expect(wanted).toContain('@nestjs/common'); // imports are followed
  });

  it.each(conditions)('$name is one file to whatever Node loads it with', (entry) => {
    // Node takes the first condition that it knows, for `require` too: not `default`, which would be a second copy.
    expect(Object.keys(entry)).toEqual(['name', 'import', 'module-sync', 'default']);
    expect(entry['module-sync']).toEqual(entry.import);
  });

  it('tells those who read no exports the same', () => {
    const [main, ...others] = conditions;
    expect({ types: manifest.types, default: manifest.main }).toEqual(main?.default);
    expect(manifest.typesVersions['*']).toEqual(
      Object.fromEntries(others.map(({ name, default: { types } }) => [name.slice(2), [types]])),
    );
  });

  it('has all of its entry points documented', () => {
    const { entryPoints } = JSON.parse(readFileSync(new URL('../typedoc.json', import.meta.url), 'utf8')) as {
      entryPoints: readonly string[];
    };
    const source = (path: string) => path.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts');
    expect(unique(entryPoints)).toEqual(unique(conditions.map((entry) => source(entry.import.types))));
  });

  it('has a command that can be run', () => {
    for (const file of Object.values(manifest.bin))
      expect(readFileSync(compiled(file), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('is built before it is packed: what is not built is not in it', () => {
    expect(manifest.scripts['prepack']).toBe('npm run build');
  });
});
