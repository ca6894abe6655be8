import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { nodePath, pathWith, STOCK } from './support/workspace.mjs';

const directory = process.env['HOSTS_DIRECTORY'] ?? '';
const run = promisify(execFile);

/** The template of Nest 12 for CommonJS needs a Jest that can require ES modules, and so Node 24.9 for its own test. */
const RUNS = Object.keys(STOCK).map((name) => ({
  name,
  major: name === 'nest-12-cjs' ? (24 as const) : (20 as const),
}));

/** @returns what a command of the project says, whether or not it fails */
async function says(project: string, major: 20 | 24, command: string[]): Promise<string> {
  const cwd = join(directory, 'stock', project);
  const env = { PATH: pathWith(nodePath(directory, major)), NO_COLOR: '1', CI: '1' };
  const [name = '', ...args] = command;
  const { stdout, stderr } = await run(name, args, { cwd, env }).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return stdout + stderr;
}

describe.each(RUNS)('a new project of the Nest CLI, as it is: $name', ({ name, major }) => {
  it('runs the tests of a user’s agent', async () => {
    expect(await says(name, major, ['npm', 'test'])).toMatch(/^Tests: +4 passed|^ *Tests +4 passed/m);
  });

  it('has the types of it', async () => {
    expect(await says(name, major, ['node', 'node_modules/typescript/bin/tsc', '--noEmit'])).toBe('');
  });
});
