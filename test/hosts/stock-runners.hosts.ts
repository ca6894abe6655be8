import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { nodePath, pathWith, STOCK } from './support/workspace.mjs';

const directory = process.env['HOSTS_DIRECTORY'] ?? '';
const run = promisify(execFile);

/** The template of Nest 12 for CommonJS needs a Jest that can require ES modules, and so Node 24.9 for its own test. */
const RUNS = Object.keys(STOCK).map((name) => ({ name, major: name === 'nest-12-cjs' ? 24 : undefined }));

describe('a new project of the Nest CLI', () => {
  it.each(RUNS)('runs the tests of a user’s agent as it is: $name', async ({ name, major }) => {
    const cwd = join(directory, 'stock', name);
    const env = { PATH: pathWith(nodePath(directory, major)), NO_COLOR: '1', CI: '1' };
    const { stdout, stderr } = await run('npm', ['test'], { cwd, env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    expect(stdout + stderr).toMatch(/Tests: +4 passed|Tests +4 passed/);
  });
});
