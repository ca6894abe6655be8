import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { nodePath, pathWith, STOCK } from './support/workspace.mjs';

const directory = process.env['HOSTS_DIRECTORY'] ?? '';
const run = promisify(execFile);

const AS_IT_IS = ['npm', 'test'];
/** The template of Nest 12 for CommonJS needs a Jest that can require ES modules, and so Node 24.9 for its own test. */
const RUNS = [
  { name: 'nest-11', major: 20, command: AS_IT_IS },
  { name: 'nest-11', major: 24, command: AS_IT_IS },
  { name: 'nest-12-esm', major: 20, command: AS_IT_IS },
  { name: 'nest-12-esm', major: 24, command: AS_IT_IS },
  { name: 'nest-12-cjs', major: 24, command: AS_IT_IS },
  { name: 'nest-12-cjs', major: 20, command: [...AS_IT_IS, '--', '--config', 'jest-compiled.config.mjs'] },
] as const;

/** @returns what a command of the project says, whether or not it fails */
async function says(project: string, major: 20 | 24, command: readonly string[]): Promise<string> {
  const cwd = join(directory, 'stock', project);
  const env = { PATH: pathWith(nodePath(directory, major)), NO_COLOR: '1', CI: '1' };
  const [name = '', ...args] = command;
  const { stdout, stderr } = await run(name, args, { cwd, env }).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return stdout + stderr;
}

describe('a new project of the Nest CLI', () => {
  it.each(RUNS)(
    'runs the tests of a user’s agent: $name on Node $major',
    async ({ name, major, command }) => {
      expect(await says(name, major, command)).toMatch(/^Tests: +4 passed|^ *Tests +4 passed/m);
    },
  );

  it.each(Object.keys(STOCK))('has the types of them: %s', async (name) => {
    expect(await says(name, 20, ['node', 'node_modules/typescript/bin/tsc', '--noEmit'])).toBe('');
  });
});
