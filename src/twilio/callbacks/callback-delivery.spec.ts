import { describe, expect, it } from '@jest/globals';
import { NEVER, Subject } from 'rxjs';
import type { BusEvent } from '../../sharing/call-bus.js';
import type { Sharing } from '../../sharing/sharing.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import type { CallStatus, CallStatusEvent } from './callback-events.js';
import { CallbackDelivery } from './callback-delivery.js';
import { ToldInOrder } from './told-in-order.js';

const statusEvent = (status: CallStatus): CallStatusEvent => ({
  type: 'call-status',
  callSid: 'CA1',
  status,
  terminal: false,
  inferred: false,
  fields: {},
});

describe('an instance of several', () => {
  it('lets the others hear of a state when its own handlers were told, not before', async () => {
    const clock = new VirtualClock();
    const broadcast$ = new Subject<BusEvent>();
    const order = new ToldInOrder(clock);
    const account: string[] = [];
    const others: Partial<Sharing> = {
      shared: {} as NonNullable<Sharing['shared']>,
      told$: NEVER,
      broadcast$,
      tellOwner: () => Promise.resolve(false),
      broadcast: () => Promise.resolve(void account.push('the others hear of it')),
    };
    const delivery = new CallbackDelivery(others as Sharing, clock, {
      once: () => account.push('told'),
      everywhere: () => account.push('initiated heard'),
      orderOf: () => order,
    });
    delivery.listen();
    void delivery.tell({ callSid: 'CA1', events: [statusEvent('ringing')], first: 1 });
    await clock.advance(500);
    expect(account).toEqual([]); // what comes before it is still on its way from another instance
    const before = { callSid: 'CA1', events: [statusEvent('initiated')], first: 0 };
    broadcast$.next({ type: 'twilio-callbacks', ...before });
    await clock.advance(1);
    expect(account).toEqual(['initiated heard', 'told', 'the others hear of it']);
  });
});
