import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The sources of the package's entry points, by the names that its users know. */
function entryPoints(): Record<string, string[]> {
  const { name, exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
    name: string;
    exports: Record<string, { readonly import?: { readonly types: string } }>;
  };
  const sources = Object.entries(exports).flatMap(([path, entry]): [string, string[]][] =>
    entry.import === undefined
      ? []
      : [[name + path.slice(1), [entry.import.types.replace('/dist/', '/src/').replace(/\.d\.ts$/, '.ts')]]],
  );
  return Object.fromEntries(sources);
}

/** @returns each block of TypeScript in a Markdown text */
export const typescriptBlocks = (markdown: string): string[] =>
  [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => block);

/**
 * Compiles blocks as a strict user of the package would, each as a module of its own.
 * @param ambient declarations of what is the user's own
 * @returns what is wrong, as `block 1, line 2: …`
 */
export function compileErrors(blocks: readonly string[], ambient: string): string[] {
  const files = new Map(
    blocks.map((block, index) => [`${ROOT}block-${index + 1}.ts`, `${block}\nexport {};\n`]),
  );
  files.set(`${ROOT}ambient.d.ts`, ambient);
  const program = ts.createProgram([...files.keys()], settings(), hostOf(files));
  return [...files.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(told);
  });
}

function settings(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, ROOT);
  return { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false, paths: entryPoints() };
}

function hostOf(files: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost({});
  const { fileExists, getSourceFile, readFile } = host;
  return Object.assign(host, {
    fileExists: (path: string) => files.has(path) || fileExists(path),
    readFile: (path: string) => files.get(path) ?? readFile(path),
    getSourceFile: (path: string, ...how: [ts.ScriptTarget | ts.CreateSourceFileOptions]) => {
      const text = files.get(path);
      return text === undefined ? getSourceFile(path, ...how) : ts.createSourceFile(path, text, ...how);
    },
  });
}

function told({ file, start = 0, messageText }: ts.Diagnostic): string {
  const name = file?.fileName.slice(ROOT.length).replace(/^block-(\d+)\.ts$/, 'block $1') ?? '';
  const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
  return `${name}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}
