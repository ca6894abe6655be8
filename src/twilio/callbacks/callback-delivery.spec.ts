import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
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
  /** @param broadcast what becomes of what it tells everybody */
  const begin = (account: string[], broadcast: () => unknown = () => undefined) => {
    const clock = new VirtualClock();
    const [told$, broadcast$] = [new Subject<BusEvent>(), new Subject<BusEvent>()];
    const order = new ToldInOrder(clock);
    const others: Partial<Sharing> = {
      shared: {} as NonNullable<Sharing['shared']>,
      instance: 'this',
      told$,
      broadcast$,
      tellOwner: () => Promise.resolve(undefined),
      broadcast: () => Promise.resolve(void broadcast()),
    };
    const delivery = new CallbackDelivery(others as Sharing, clock, {
      once: (event) => account.push(`${(event as CallStatusEvent).status} told`),
      everywhere: (event) => account.push(`${(event as CallStatusEvent).status} heard`),
      orderOf: () => order,
    });
    delivery.listen();
    const event = (status: CallStatus, first: number) => ({
      type: 'twilio-callbacks',
      callSid: 'CA1',
      events: [statusEvent(status)],
      first,
    });
    return { clock, told$, broadcast$, delivery, event };
  };

  it('lets the others hear of a state when its own handlers were told, not before', async () => {
    const account: string[] = [];
    const { clock, delivery, broadcast$, event } = begin(account, () =>
      account.push('the others hear of it'),
    );
    void delivery.tell({ callSid: 'CA1', events: [statusEvent('ringing')], first: 1 });
    await clock.advance(500);
    expect(account).toEqual([]); // what comes before it is still on its way from another instance
    broadcast$.next({ ...event('initiated', 0), toldBy: 'another' });
    await clock.advance(1);
    expect(account).toEqual(['initiated heard', 'ringing told', 'the others hear of it']);
  });

  /** Two nodes of Redis Cluster: what is for everybody comes by one, what is for the owner of the call by the other. */
  it.each([
    ['what is for the owner comes late', ['everybody 0', 'owner 1', 'everybody 1', 'owner 0']],
    ['what is for everybody comes late', ['owner 0', 'owner 1', 'everybody 1', 'everybody 0']],
    ['all comes in its order', ['owner 0', 'everybody 0', 'owner 1', 'everybody 1']],
  ])('keeps the order of its call’s states where %s', async (_, messages) => {
    const account: string[] = [];
    const { clock, told$, broadcast$, event } = begin(account);
    const states = [event('initiated', 0), event('ringing', 1)];
    for (const message of messages) {
      const [to, place] = message.split(' ');
      const state = states[Number(place)]!;
      if (to === 'owner') told$.next(state);
      else broadcast$.next({ ...state, toldBy: 'this' });
      await clock.advance(10);
    }
    expect(account).toEqual(['initiated told', 'initiated heard', 'ringing told', 'ringing heard']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits a second for what is for it as the owner, and hears of it then all the same', async () => {
    const account: string[] = [];
    const { clock, broadcast$, event } = begin(account);
    broadcast$.next({ ...event('initiated', 0), toldBy: 'this' });
    await clock.advance(999);
    expect(account).toEqual([]);
    await clock.advance(2);
    expect(account).toEqual(['initiated heard']);
  });
});
