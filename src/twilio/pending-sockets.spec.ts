import { describe, expect, it } from '@jest/globals';
import { networkOf, PendingSockets } from './pending-sockets.js';

describe('Pending sockets', () => {
  it('are counted in all and by address, until each has left once', () => {
    const sockets = new PendingSockets();
    const [leave, other] = [sockets.add('192.0.2.1'), sockets.add('::ffff:192.0.2.1')];
    sockets.add('192.0.2.2');
    expect([sockets.size, sockets.of('192.0.2.1'), sockets.of('192.0.2.2')]).toEqual([3, 2, 1]);
    leave();
    leave();
    expect([sockets.size, sockets.of('192.0.2.1')]).toEqual([2, 1]);
    other();
    expect([sockets.size, sockets.of('192.0.2.1')]).toEqual([1, 0]);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.1', '192.0.2.10', false],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2::1', '2001:0DB8:0001:0002:0:0:0:7', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8::1', '2001:db8:0:0:1::', true],
    ['::1', '::2', true],
    ['fe80::1%eth0', 'fe80::2%eth1', true],
    ['::1', '2001:db8::1', false],
    [undefined, '192.0.2.1', false],
    [undefined, undefined, true],
  ])('of %s and %s come from one network: %s', (one, other, same) => {
    expect(networkOf(one) === networkOf(other)).toBe(same);
  });
});
