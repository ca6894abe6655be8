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

/** The oldest that is supported runs whatever does not say otherwise. */
const node = nodePath(directory, 20);
const product = <A, B>(as: readonly A[], bs: readonly B[]) => as.flatMap((a) => bs.map((b) => ({ a, b })));

const NESTS = product([11, 12] as const, ['cjs', 'esm'] as const).map(({ a, b }) => ({ nest: a, format: b }));
/** What `nest new` makes unless it is asked for something else. */
const NATURAL = { 11: { nest: 11, format: 'cjs' }, 12: { nest: 12, format: 'esm' } } as const;
const WIRINGS = product(['express', 'fastify'] as const, ['socket.io', 'ws', 'none'] as const).map(
  ({ a, b }) => ({ http: a, sockets: b }),
);
const CELLS = product(NESTS, WIRINGS).map(({ a, b }) => ({ ...a, ...b }));

/** @returns what is wrong with a call to a host, and with the host's end on SIGTERM */
async function faultsIn(cell: Cell & Pick<Settings, 'sockets'>): Promise<string[]> {
  const host = await HostProcess.start(directory, cell);
  try {
    const faults = faultsOf(await host.call(), { voice: 'readable', ...cell });
    const { code, complaints } = await host.stop();
    if (code !== 0) faults.push(`SIGTERM: exit code ${code}`);
    if (complaints !== '') faults.push(`the host complained: ${complaints}`);
    return faults;
  } finally {
    host.kill();
  }
}

describe('a call with a barge-in is answered, and the host’s own HTTP and sockets go on,', () => {
  it.concurrent.each(CELLS)('on Nest $nest ($format) with $http and $sockets', async (cell) => {
    expect(await faultsIn({ ...cell, node })).toEqual([]);
  });
});

it.concurrent.each([NATURAL[11], NATURAL[12]])(
  'its own voice is heard, from a thread of its own, on Nest $nest ($format)',
  async (cell) => {
    expect(await faultsIn({ ...cell, sockets: 'none', voice: 'offline', node })).toEqual([]);
  },
);

describe('other versions of Node hold the same call,', () => {
  const cells = [
    { ...NATURAL[11], http: 'express', sockets: 'socket.io' },
    { ...NATURAL[12], http: 'fastify', sockets: 'ws' },
  ] as const;
  const all = product([22, 24] as const, cells).map(({ a, b }) => ({ major: a, ...b }));
  it.concurrent.each(all)(
    'Node $major, on Nest $nest ($format) with $http and $sockets',
    async ({ major, ...cell }) => {
      expect(await faultsIn({ ...cell, node: nodePath(directory, major) })).toEqual([]);
    },
  );
});

describe('what a host may get wrong is told', () => {
  const left = product(NESTS, ['socket.io', 'none'] as const).map(({ a, b }) => ({ ...a, sockets: b }));
  it.concurrent.each(left)(
    'at boot, when the adapter is forgotten on Nest $nest ($format) with $sockets',
    async (cell) => {
      const { code, complaints } = await HostProcess.fail(directory, { ...cell, node, forgetsAdapter: true });
      expect(code).toBe(1);
      expect(complaints).toContain('call MediaStreamAdapter.install(app) after app.useWebSocketAdapter(…)');
    },
  );
});

it.concurrent('the matrix sees a host that does not send its clear', async () => {
  const cell = { nest: 12, format: 'esm', sockets: 'none', preload: 'swallow-clear.cjs' } as const;
  expect(await faultsIn({ ...cell, node })).toContain('0 times clear');
});

describe('there is one copy of each class,', () => {
  const all = product([20, 22, 24] as const, NESTS).map(({ a, b }) => ({ major: a, ...b }));
  it.concurrent.each(all)(
    'required and imported, on Node $major and Nest $nest ($format)',
    async ({ major, nest, format }) => {
      const cwd = join(directory, `nest-${nest}`, format);
      const { stdout } = await run(nodePath(directory, major), ['identity.mjs'], { cwd });
      const { checked, twice } = JSON.parse(stdout) as Record<'checked' | 'twice', string[]>;
      expect(checked.length).toBeGreaterThan(100);
      expect(twice).toEqual([]);
    },
  );
});
