import { describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import type { BusEvent } from '../../sharing/call-bus.js';
import { LocalCallBus } from '../../sharing/local-call-bus.js';
import { MemoryDirectory } from '../../sharing/memory-directory.js';
import { MemoryStore } from '../../sharing/memory-store.js';
import { Sharing } from '../../sharing/sharing.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { TwilioCallbacks } from './twilio-callbacks.js';

/** A bus whose broadcasts reach the others when the test wants. */
class SlowBus extends LocalCallBus {
  reach: () => void = () => undefined;
  override async broadcast(event: BusEvent): Promise<void> {
    await super.broadcast(event);
    await new Promise<void>((resolve) => (this.reach = resolve));
  }
}

describe('a callback that was answered', () => {
  it('is told before its instance goes', async () => {
    const clock = new VirtualClock();
    const bus = new SlowBus(clock);
    const status = { isUp: true, up$: of(true), acceptsCalls: true };
    const sharing = new Sharing(status, new MemoryStore(clock), new MemoryDirectory(clock), bus);
    const callbacks = new TwilioCallbacks(clock, sharing);
    callbacks.callStatus('CA1', { CallStatus: 'initiated', SequenceNumber: '0' });
    const account: string[] = [];
    const shut = callbacks.beforeApplicationShutdown().then(() => account.push('goes'));
    await clock.advance(100);
    account.push('others are told');
    bus.reach();
    await shut;
    expect(account).toEqual(['others are told', 'goes']);
  });
});
