import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryStore } from '../../sharing/memory-store.js';
import { callKey } from '../../sharing/shared-store.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import type { CallStatus } from './callback-events.js';
import { SharedStatuses } from './shared-statuses.js';
import { StatusOrder } from './status-order.js';

const CALL = 'CA1';
const COURSE: readonly CallStatus[] = ['initiated', 'ringing', 'in-progress', 'completed'];
const at = (sequence: number) => ({
  status: COURSE[sequence] ?? 'failed',
  sequence,
  details: `${sequence}`,
});

interface Delivery {
  readonly sequence: number;
  readonly instance: number;
  /** Whether Redis has lost everything before it. */
  readonly flushed: boolean;
  readonly patienceEnds: boolean;
}

/** @param areTold whether instances hear what others have told */
async function told(deliveries: readonly Delivery[], areTold = true): Promise<string[]> {
  const store = new MemoryStore(new VirtualClock());
  const statuses = new SharedStatuses<string>(store, 1_000);
  const known = [0, 1, 2].map(() => new StatusOrder<string>());
  const all: string[] = [];
  const take = async (instance: number, followed: ReturnType<typeof statuses.add>) => {
    const { order, told: now, first } = await followed;
    known[instance]?.join(order);
    expect(first).toBe(all.length);
    for (const status of now) {
      all.push(status.status);
      if (areTold) for (const each of known) each.hear(status);
    }
  };
  for (const { sequence, instance, flushed, patienceEnds } of deliveries) {
    if (flushed) await store.take(callKey(CALL, 'statuses'));
    const mine = known[instance]!;
    await take(instance, statuses.add(CALL, mine.state, at(sequence), 0));
    if (patienceEnds) await take(instance, statuses.closeGap(CALL, mine.state, 0, 0));
  }
  for (const [instance, mine] of known.entries())
    await take(instance, statuses.closeGap(CALL, mine.state, 0, 0));
  return all;
}

const deliveriesOf = (flushed: fc.Arbitrary<boolean>) =>
  fc
    .record({
      lost: fc.subarray([0, 1, 2]),
      repeated: fc.array(fc.nat(3), { maxLength: 4 }),
    })
    .chain(({ lost, repeated }) => {
      const all = [0, 1, 2, 3, ...repeated].filter((sequence) => !lost.includes(sequence));
      return fc.shuffledSubarray(all, { minLength: all.length });
    })
    .chain((sequences) =>
      fc.tuple(
        ...sequences.map((sequence) =>
          fc.record({
            sequence: fc.constant(sequence),
            instance: fc.nat(2),
            flushed,
            patienceEnds: fc.boolean(),
          }),
        ),
      ),
    );

describe('status callbacks over three instances', () => {
  it('shuffled, repeated, lost and spread in any way tell the same, whatever the store forgets', async () => {
    await fc.assert(
      fc.asyncProperty(deliveriesOf(fc.boolean()), async (deliveries) => {
        expect(await told(deliveries)).toEqual(COURSE);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are not told again by an instance that has heard of none, as long as the store forgets nothing', async () => {
    await fc.assert(
      fc.asyncProperty(deliveriesOf(fc.constant(false)), async (deliveries) => {
        expect(await told(deliveries, false)).toEqual(COURSE);
      }),
      { numRuns: 300 },
    );
  });

  it('behind a gap are told with the next one, once whoever was to close it is late', async () => {
    const statuses = new SharedStatuses<string>(new MemoryStore(new VirtualClock()), 1_000);
    const nothing = new StatusOrder<string>().state;
    expect(await statuses.add(CALL, nothing, at(1), 5_000)).toMatchObject({ told: [], gapSince: 5_000 });
    expect(await statuses.add(CALL, nothing, at(3), 5_999)).toMatchObject({ told: [], gapSince: 5_000 });
    expect(await statuses.closeGap(CALL, nothing, 4_000, 5_999)).toMatchObject({ told: [] }); // another gap's
    const { told } = await statuses.add(CALL, nothing, at(3), 6_000);
    expect(told.map(({ status }) => status)).toEqual(COURSE);
  });

  it('begin anew where what is stored cannot be read', async () => {
    const store = new MemoryStore(new VirtualClock());
    for (const text of ['', 'nonsense', '[]', '{"order":{}}', '{"order":null}', 'null', '7']) {
      await store.put(callKey(CALL, 'statuses'), text, 1_000);
      const { told } = await new SharedStatuses<string>(store, 1_000).add(
        CALL,
        new StatusOrder<string>().state,
        at(0),
        0,
      );
      expect(told).toHaveLength(1);
    }
  });
});
