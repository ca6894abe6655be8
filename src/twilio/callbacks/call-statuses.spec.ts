import { describe, expect, it } from '@jest/globals';
import { LocalCallBus } from '../../sharing/local-call-bus.js';
import { MemoryDirectory } from '../../sharing/memory-directory.js';
import { MemoryStore } from '../../sharing/memory-store.js';
import { Sharing } from '../../sharing/sharing.js';
import { ALONE } from '../../sharing/sharing-status.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { CallStatuses } from './call-statuses.js';
import type { CallbackEvent, CallStatus } from './callback-events.js';

const COURSE: readonly CallStatus[] = ['initiated', 'ringing', 'in-progress', 'completed'];

describe('The states of a call whose callbacks come to two instances', () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const told: CallbackEvent[] = [];

  function instance(name: string) {
    const bus = new LocalCallBus(clock);
    const sharing = new Sharing({ ...ALONE }, store, new MemoryDirectory(clock, name), bus);
    return new CallStatuses(clock, 10, sharing, {
      tell: ({ events }) => {
        told.push(...events);
        return undefined;
      },
      run: (task) => void task,
    });
  }

  it('wait a second for what is missing, also behind a gap that another instance has closed', async () => {
    const [one, other] = [instance('one'), instance('other')];
    const comes = (at: CallStatuses, sequence: number) =>
      at.follow('CA1', COURSE[sequence]!, { SequenceNumber: String(sequence) });
    await comes(one, 1);
    await clock.advance(400);
    await comes(other, 0);
    await comes(one, 3); // it has not heard yet that 1 was told
    await clock.advance(999);
    expect(told).toMatchObject([{ status: 'initiated' }, { status: 'ringing' }]);
    await clock.advance(1);
    expect(told.slice(2)).toMatchObject([
      { status: 'in-progress', inferred: true },
      { status: 'completed', inferred: false },
    ]);
  });
});
