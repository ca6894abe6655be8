import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type CallScope, inScope } from './call-scope.js';
import { CallScopes } from './call-scopes.js';
import type { VoiceCall } from './voice-call.js';

const call = { callSid: `CA${'1'.repeat(32)}` } as Partial<VoiceCall> as VoiceCall;
const later = () => new Promise((resolve) => setTimeout(resolve, 5));
const errors: string[] = [];
const quiet = { log: () => undefined, warn: () => undefined };

/** Runs two tasks in a scope. @returns what came of them */
async function ranIn(run: CallScope['run']): Promise<number[]> {
  errors.length = 0;
  Logger.overrideLogger({ ...quiet, error: (line: unknown) => errors.push(String(line)) });
  new CallScopes({ run }).surround(call);
  const results = [1, 2].map((result) => inScope({ call }, () => result));
  await later();
  return results;
}

describe('a scope', () => {
  afterEach(() => {
    Logger.overrideLogger(false);
  });

  it('that calls its task is told of nothing', async () => {
    expect(await ranIn((_, task) => { task(); })).toEqual([1, 2]); // prettier-ignore
    expect(errors).toEqual([]);
  });

  it.each<[string, (task: () => void) => unknown, string]>([
    ['throws', () => { throw new RangeError('no'); }, 'RangeError'],
    ['calls nothing', () => undefined, 'TaskNotCalledError'],
    ['calls its task too late', (task) => Promise.resolve().then(task), 'TaskNotCalledError'],
    ['rejects', (task) => (task(), Promise.reject(new RangeError('no'))), 'RangeError'],
  ])('that %s is told once, and harms neither its tasks nor the process', async (_, run, kind) => {
    expect(await ranIn((_work, task) => run(task) as undefined)).toEqual([1, 2]);
    expect(errors).toEqual([
      `CALL_SCOPE failed, what it surrounds runs all the same: ${kind}; more are not logged`,
    ]);
  }); // prettier-ignore

  it.each([null, {}, 'scope'])('that is %j is refused by name', (scope) => {
    expect(() => new CallScopes(scope as never)).toThrow('CALL_SCOPE must have a method run(work, task)');
  });
});
