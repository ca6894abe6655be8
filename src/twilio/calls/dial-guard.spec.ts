import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SharedMemory } from '../../../test/support/shared-memory/shared-memory.js';
import { MemoryStore } from '../../sharing/memory-store.js';
import { SharingUnavailableError } from '../../sharing/sharing-errors.js';
import type { SharedStore } from '../../sharing/shared-store.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { resolveOptions, type TwilioVoiceOptions } from '../../twilio-voice.options.js';
import { DialGuard } from './dial-guard.js';

const [ONE, OTHER] = ['+4930123456', '+4930123457'];

describe('The guard of calls that the host makes', () => {
  let clock: VirtualClock;
  let store: MemoryStore;
  beforeEach(() => {
    clock = new VirtualClock();
    store = new MemoryStore(clock);
    for (const level of ['warn', 'error'] as const)
      jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  });

  const guard = (outbound: TwilioVoiceOptions['outbound'] = {}, shared: SharedStore = store) =>
    new DialGuard(resolveOptions({ outbound: { allowedPrefixes: ['+49'], ...outbound } }), clock, shared);
  const intended = (to: string) => ({ to, purpose: 'call', parameters: {} }) as const;
  const admitted = (at: DialGuard, to = ONE) =>
    at.admit(intended(to)).then(
      () => 'admitted',
      (error: unknown) => (error as { reason?: string }).reason,
    );

  it('counts the calls of all instances together', async () => {
    const rates = { callsPerNumber: { most: 2 }, calls: { most: 3 } };
    const [first, second, third] = [guard(rates), guard(rates), guard(rates)];
    expect([await admitted(first), await admitted(second), await admitted(third)]).toEqual([
      'admitted',
      'admitted',
      'too-many-to-number',
    ]);
    expect([await admitted(third, OTHER), await admitted(first, OTHER)]).toEqual(['admitted', 'too-many']);
  });

  it.each([
    ['at once', () => store],
    ['a moment late', (memory: SharedMemory) => memory.instance().store],
  ])(
    'of many at once in all instances admits no more than may be, if the store answers %s',
    async (_, of) => {
      const memory = new SharedMemory(clock);
      const rates = { callsPerNumber: { most: 1 }, calls: { most: 5 } };
      const guards = [1, 2, 3].map(() => guard(rates, of(memory)));
      const asked = Array.from({ length: 30 }, (_, index) =>
        admitted(guards[index % 3]!, `+49301234${10 + (index % 10)}`),
      );
      await clock.advance(1_000);
      expect((await Promise.all(asked)).filter((result) => result === 'admitted')).toHaveLength(5);
    },
  );

  it('does not count a call that was not made', async () => {
    const at = guard({ callsPerNumber: { most: 1 }, calls: { most: 1 } });
    const call = await at.admit(intended(ONE));
    expect(await admitted(at)).toBe('too-many-to-number');
    await call.notMade();
    expect(await admitted(at)).toBe('admitted');
  });

  describe('while the store is away', () => {
    const away = () => Promise.reject(new SharingUnavailableError('Redis is away.'));
    const gone: SharedStore = { add: away, get: away, put: away, take: away, update: away };

    it('admits no call', async () => {
      expect(await admitted(guard({}, gone))).toBe('not-counted');
    });

    it('admits calls where the host wants that', async () => {
      const call = await guard({ onStoreFailure: 'dial' }, gone).admit(intended(ONE));
      await expect(call.notMade()).resolves.toBeUndefined();
    });

    it('admits no number that may not be called, in any case', async () => {
      expect(await admitted(guard({ onStoreFailure: 'dial' }, gone), '+15550100')).toBe('not-allowed');
    });
  });

  it('counts no call for its number when the store fails on the way', async () => {
    let updates = 0;
    const failing = Object.create(store) as MemoryStore;
    failing.update = (...args) =>
      ++updates === 2 ? Promise.reject(new SharingUnavailableError('Redis is away.')) : store.update(...args);
    const at = guard({ callsPerNumber: { most: 1 } }, failing);
    expect([await admitted(at), await admitted(at)]).toEqual(['not-counted', 'admitted']);
  });
});
