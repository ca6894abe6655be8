import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ScaledClock } from './scaled-clock.js';

/** Nothing of this process runs meanwhile. */
function stand(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a scaled clock', () => {
  it.each([1, 4])('goes %d times as fast as real time', async (speed) => {
    const clock = new ScaledClock(speed);
    const [from, realFrom] = [clock.now(), performance.now()];
    await clock.pass(200 * speed);
    expect(clock.now() - from).toBeGreaterThanOrEqual(200 * speed);
    expect(performance.now() - realFrom).toBeGreaterThanOrEqual(199);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const idleFrom = clock.now(); // there are no timers now
    stand(20);
    expect(clock.now() - idleFrom).toBeGreaterThanOrEqual(20 * speed);
  });

  it('stands still while its process does: an answer that has come by then is in time', async () => {
    const clock = new ScaledClock(4);
    const server = createServer((socket) => socket.end('answer')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (let count = 0; count < 3; count++) {
      const came: string[] = [];
      const deadline = clock.pass(400).then(() => came.push('deadline'));
      const socket = connect(port, '127.0.0.1', () => {
        stand(300);
      });
      socket.on('data', (data) => came.push(data.toString()));
      await Promise.all([deadline, once(socket, 'close')]);
      expect(came).toEqual(['answer', 'deadline']);
    }
    server.close();
  });

  it('runs its timers in their order, each at its time', async () => {
    const clock = new ScaledClock(10);
    const from = clock.now();
    const ran: [string, number][] = [];
    const note = (name: string) => () => void ran.push([name, Math.round(clock.now() - from)]);
    clock.after(30, note('third'));
    clock.after(10, note('first'));
    clock.after(30, note('fourth'));
    clock.after(20, note('cancelled'))();
    const cancel = clock.every(15, note('each'));
    expect(ran).toEqual([]);
    await clock.pass(40);
    cancel();
    expect(ran).toEqual([
      ['first', 10],
      ['each', 15],
      ['third', 30],
      ['fourth', 30],
      ['each', 30],
    ]);
    await clock.pass(40);
    expect(ran).toHaveLength(5);
  });
});
