// check.mjs [NODE_MAJOR…]: packs the package and checks what a user gets.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { nodeFolder } from './nodes.mjs';
import { bare, loadable, manifest, pack, root } from './packed.mjs';

const { tarball, host, folder } = pack();
const problems = [];
const load = join(host, 'load.mjs');
cpSync(join(root, 'scripts/package/load.mjs'), load);

const { messages } = await publint({ pkgDir: folder, strict: true });
problems.push(...messages.map((message) => `publint: ${formatMessage(message, manifest)}`));

const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
const types = spawnSync(process.execPath, [join(attw, '../dist/index.js'), tarball], { encoding: 'utf8' });
if (types.status !== 0) problems.push(`are the types wrong: ${types.stdout}${types.stderr}`);

// Compiled with all declarations checked: a type of an optional package that got in is not found here.
const consumers = {
  'node10.ts': { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
  'bundler.ts': { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  'commonjs.cts': { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  'module.mts': { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
};
for (const [name, options] of Object.entries(consumers)) {
  const file = join(host, name);
  const imports = bare.map((entry, index) => `import * as entry${index} from '${entry}';`);
  const uses = bare.map((_, index) => `entry${index}`);
  writeFileSync(file, `${imports.join('\n')}\nexport const all = [${uses.join(', ')}];\n`);
  const program = ts.createProgram([file], {
    ...options,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    noEmit: true,
    esModuleInterop: true,
    experimentalDecorators: true,
    skipLibCheck: false,
    types: [join(root, 'node_modules/@types/node')],
    ignoreDeprecations: '6.0',
  });
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(host));
  if (ours.length < 50) problems.push(`${name}: only ${ours.length} files of the package were found`);
  for (const source of ours)
    for (const { start, messageText } of [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]) {
      const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
      const text = ts.flattenDiagnosticMessageText(messageText, '\n');
      problems.push(`${name}: ${source.fileName.replace(host, '')}:${line + 1}: ${text}`);
    }
}

const binaries = process.argv.slice(2).map((major) => join(nodeFolder(major), 'node'));
for (const node of [process.execPath, ...binaries]) {
  try {
    execFileSync(node, [load, ...loadable], { cwd: host, stdio: ['ignore', 'inherit', 'pipe'] });
  } catch (error) {
    problems.push(`${node}: ${error.stderr}`);
  }
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'The package is as it should be.' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
