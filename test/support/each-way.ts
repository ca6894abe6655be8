import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { Voice } from '../../src/index.js';
import type { ScriptedVoice } from '../../src/testing/index.js';
import { type AnyHost, Host, type HostOptions } from './host.js';
import { SpreadHost } from './spread-host.js';

/** On its way from one instance to all others something is told within that time, ms. */
const SPREAD_MS = 10;

let isSpread = false;

/** The same tests twice: for a host of one process, and for one that is spread over three instances. */
export function describeEachWay(name: string, tests: () => void): void {
  describe.each([
    ['one process', false],
    ['three instances', true],
  ])(`${name}, %s`, (_, spread) => {
    beforeAll(() => {
      isSpread = spread;
    });
    afterAll(() => {
      isSpread = false;
    });
    tests();
  });
}

/** Boots the host that the tests are for. */
export function bootHost<V extends Voice = ScriptedVoice>(options: HostOptions<V>): Promise<AnyHost<V>> {
  return isSpread ? SpreadHost.boot(options, seedOf(expect.getState().currentTestName)) : Host.boot(options);
}

/** What is under way between instances arrives: at once, where there is only one. */
export async function arrived({ clock, instances }: Pick<AnyHost, 'clock' | 'instances'>): Promise<void> {
  await clock.advance(instances.length > 1 ? SPREAD_MS : 0);
}

/** Lets the host end, however long it takes in its own time. */
export async function closed({ clock, module }: Pick<AnyHost, 'clock' | 'module'>): Promise<void> {
  let isClosed = false;
  const closing = module.close().finally(() => (isClosed = true));
  await clock.advanceUntil(() => isClosed);
  await closing;
}

/** Each test runs a race of its own, and the same one each time. */
const seedOf = (name = ''): number => createHash('sha256').update(name).digest().readUInt16BE(2);
