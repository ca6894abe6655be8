import { describe, expect, it } from '@jest/globals';
import { type Check, failed, ok, warning } from './check.js';
import { isHealthy, runChecks } from './runner.js';

const check = (name: string, changes: Partial<Check<string[]>> = {}): Check<string[]> => ({
  name,
  needs: [],
  reads: [],
  run: (done) => {
    done.push(name);
    return ok('as it should be');
  },
  ...changes,
});

async function statusesOf(checks: readonly Check<string[]>[], wrong: string[] = [], skip: string[] = []) {
  const done: string[] = [];
  const results = await runChecks(checks, done, { wrong, skip });
  const statuses = results.map(({ finding }) =>
    finding.status === 'skipped' ? `skipped: ${finding.reason}` : finding.status,
  );
  return { done, statuses, healthy: isHealthy(results) };
}

describe('checks', () => {
  it('run in their order', async () => {
    expect(await statusesOf([check('a'), check('b', { needs: ['a'] })])).toEqual({
      done: ['a', 'b'],
      statuses: ['ok', 'ok'],
      healthy: true,
    });
  });

  it('are skipped down the line when one that they need fails', async () => {
    const line = [
      check('a', { run: () => failed('broken', 'mend it.') }),
      check('b', { needs: ['a'] }),
      check('c', { needs: ['b'] }),
      check('d'),
    ];
    expect(await statusesOf(line)).toEqual({
      done: ['d'],
      statuses: ['failed', 'skipped: a failed', 'skipped: b was skipped', 'ok'],
      healthy: false,
    });
  });

  it('run after one that only warns', async () => {
    const line = [check('a', { run: () => warning('odd', 'look.') }), check('b', { needs: ['a'] })];
    expect(await statusesOf(line)).toMatchObject({ done: ['b'], healthy: true });
  });

  it('are skipped when a variable that they read is wrong, or nobody wants them', async () => {
    const line = [check('a', { reads: ['A', 'B'] }), check('b', { reads: ['A'] }), check('c')];
    expect((await statusesOf(line, ['B'], ['c'])).statuses).toEqual([
      'skipped: B is wrong',
      'ok',
      'skipped: --skip',
    ]);
  });

  it('that throw fail, and do not keep the others from running', async () => {
    const line = [
      check('a', {
        run: () => {
          throw new RangeError('with a secret in it');
        },
      }),
      check('b'),
    ];
    const results = await runChecks(line, [], { wrong: [], skip: [] });
    expect(results.map(({ finding }) => finding.status)).toEqual(['failed', 'ok']);
    expect(JSON.stringify(results)).toMatch(/RangeError/);
    expect(JSON.stringify(results)).not.toMatch(/secret/);
  });
});
