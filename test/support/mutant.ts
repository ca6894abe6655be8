import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A mistake, made on purpose. */
export interface Mutant {
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Spec files to run against it. */
  readonly specs: readonly string[];
  /** Only tests whose full names match that pattern; all by default. */
  readonly only?: string;
}

const JEST_CONFIG = `import base from './base.config.mjs';
export default { ...base, globalSetup: undefined, maxWorkers: 1, testTimeout: 5_000, testMatch: ['**/*.spec.ts'] };
`;

/** Makes the mistake in a copy of the project and runs the specs there. @returns the full names of the red tests */
export async function redTests({ edits, specs, only }: Mutant): Promise<string[]> {
  const copy = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    for (const part of ['src', 'test', 'package.json']) cpSync(part, join(copy, part), { recursive: true });
    cpSync('jest.config.mjs', join(copy, 'base.config.mjs'));
    writeFileSync(join(copy, 'jest.config.mjs'), JEST_CONFIG);
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
    for (const { file, from, to } of edits) replaceOnce(join(copy, file), from, to);
    return await run(copy, only === undefined ? specs : [...specs, '--testNamePattern', only]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function replaceOnce(path: string, from: string, to: string): void {
  const source = readFileSync(path, 'utf8');
  const parts = source.split(from);
  if (parts.length !== 2)
    throw new Error(`"${from}" is ${parts.length - 1} times in ${path}: renew the control`);
  writeFileSync(path, parts.join(to));
}

interface JestResult {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function run(cwd: string, specs: readonly string[]): Promise<string[]> {
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...specs, '--json', '--silent'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, jest, { cwd, maxBuffer: 1 << 28 }, (_, stdout, stderr) => {
      const start = stdout.indexOf('{"');
      if (start < 0) {
        reject(new Error(`Jest gave no result: ${stderr}`));
        return;
      }
      const { testResults } = JSON.parse(stdout.slice(start)) as JestResult;
      const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
      if (tests.length === 0)
        reject(new Error(`nothing ran: ${testResults.map(({ message }) => message).join('\n')}`));
      resolve(tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName));
    });
  });
}
