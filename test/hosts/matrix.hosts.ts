import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Settings } from './projects/host/settings.js';
import { faultsOf } from './support/faults.js';
import { type Cell, HostProcess } from './support/host-process.js';
import { nodePath } from './support/workspace.mjs';

const directory = process.env['HOSTS_DIRECTORY'] ?? '';
const run = promisify(execFile);

const node = nodePath(directory);
const product = <A, B>(as: readonly A[], bs: readonly B[]) => as.flatMap((a) => bs.map((b) => ({ a, b })));

const NESTS = product([11, 12] as const, ['cjs', 'esm'] as const).map(({ a, b }) => ({ nest: a, format: b }));
const WIRINGS = product(['express', 'fastify'] as const, ['socket.io', 'ws', 'none'] as const).map(
  ({ a, b }) => ({ http: a, sockets: b }),
);
const CELLS = product(NESTS, WIRINGS).map(({ a, b }) => ({ ...a, ...b }));

async function callIn(cell: Cell & Pick<Settings, 'sockets'>): Promise<string[]> {
  const host = await HostProcess.start(directory, cell);
  try {
    const faults = faultsOf(await host.call(), { voice: 'readable', ...cell });
    const { code, output } = await host.stop();
    return code === 0 ? faults : [...faults, `SIGTERM: exit code ${code}, after ${output}`];
  } finally {
    host.kill();
  }
}

describe('a call with a barge-in is answered, and the host’s own HTTP and sockets go on,', () => {
  it.concurrent.each(CELLS)('on Nest $nest ($format) with $http and $sockets', async (cell) => {
    expect(await callIn({ ...cell, node })).toEqual([]);
  });
});

describe('what a host may get wrong is told', () => {
  const left = product(NESTS, ['socket.io', 'none'] as const).map(({ a, b }) => ({ ...a, sockets: b }));
  it.concurrent.each(left)(
    'at boot, when the adapter is forgotten on Nest $nest ($format) with $sockets',
    async (cell) => {
      const { code, output } = await HostProcess.fail(directory, { ...cell, node, forgetsAdapter: true });
      expect(code).not.toBe(0);
      expect(output).toContain('call MediaStreamAdapter.install(app) after app.useWebSocketAdapter(…)');
    },
  );
});

it.concurrent('the matrix sees a host that does not send its clear', async () => {
  const cell = { nest: 12, format: 'esm', sockets: 'none', preload: 'swallow-clear.cjs' } as const;
  expect(await callIn({ ...cell, node })).toContain('0 times clear');
});

describe('there is one copy of each class,', () => {
  it.concurrent.each(NESTS)('required and imported, on Nest $nest ($format)', async ({ nest, format }) => {
    const cwd = join(directory, `nest-${nest}`, format);
    const { stdout } = await run(node, ['identity.mjs'], { cwd });
    const { checked, twice } = JSON.parse(stdout) as Record<'checked' | 'twice', string[]>;
    expect(checked.length).toBeGreaterThan(100);
    expect(twice).toEqual([]);
  });
});
