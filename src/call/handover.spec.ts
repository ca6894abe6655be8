import { describe, expect, it } from '@jest/globals';
import { BehaviorSubject, skip } from 'rxjs';
import { VirtualClock } from '../testing/index.js';
import type { CallControl } from './call-control.js';
import { Handover } from './handover.js';
import { checkedDigits, checkedTarget } from './handover.options.js';
import { InterruptedError } from './interrupted-error.js';

const SALES = { to: '+4930123456', ringSeconds: 25 };

/** A call in which something is being said until `quiet` is told; the network answers when it is told. */
class Scene {
  readonly clock = new VirtualClock();
  readonly happened: string[] = [];
  readonly speaking = new BehaviorSubject(false);
  quiet: () => void = () => undefined;
  answer: (done: boolean) => void = () => undefined;
  refuse: (error: Error) => void = () => undefined;
  readonly handover: Handover;

  constructor(own?: CallControl) {
    const asked = (what: string) => {
      this.happened.push(what);
      return new Promise<boolean>((resolve, reject) => {
        this.answer = resolve;
        this.refuse = reject;
      });
    };
    this.handover = new Handover({
      callSid: 'CA1',
      clock: this.clock,
      control: own ?? {
        hangUp: () => Promise.resolve(true),
        transfer: (callSid, { to }) => asked(`transfer ${callSid} ${to}`),
        sendDigits: (callSid, keys) => asked(`keys ${callSid} ${keys}`),
      },
      targets: { sales: SALES },
      quiet: () => new Promise((resolve) => (this.quiet = resolve)),
      speaking$: this.speaking.pipe(skip(1)),
      hold: (held) => this.happened.push(held ? 'hold' : 'let go'),
      left: () => this.happened.push('left'),
      lost: () => this.happened.push('lost'),
    });
  }

  /** Lets promises go on. */
  async settle(): Promise<void> {
    await this.clock.advance(1);
  }
}

const outcome = (promise: Promise<void>) =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof InterruptedError ? 'interrupted' : String(error)),
  );

describe('a transfer', () => {
  it('waits until everything said has been heard, and keeps the agent silent from then on', async () => {
    const scene = new Scene();
    const transfer = outcome(scene.handover.transfer('sales'));
    await scene.settle();
    expect(scene.happened).toEqual([]);
    scene.quiet();
    await scene.settle();
    expect(scene.happened).toEqual(['hold', 'transfer CA1 +4930123456']);
    scene.answer(true);
    expect(await transfer).toBe('done');
    expect(scene.happened.at(-1)).toBe('left');
  });

  it('does not happen when the caller speaks first', async () => {
    const scene = new Scene();
    const transfer = outcome(scene.handover.transfer('sales'));
    await scene.settle();
    scene.speaking.next(true);
    scene.quiet();
    expect(await transfer).toBe('interrupted');
    expect(scene.happened).toEqual(['let go']);
    expect(scene.speaking.observed).toBe(false);
  });

  it.each<[string, string | { to: string }, RegExp]>([
    ['a name that is not in the options', 'boss', /no target of that name in the option transfers \(sales\)/],
    ['a name of the prototype', 'constructor', /no target of that name/],
    ['a number as a name', '+4930123456', /no target of that name/],
    ['a wrong number', { to: '0301234' }, /transfer: to: must be a number/],
  ])('to %s is refused before anything happens', async (_, to, message) => {
    const scene = new Scene();
    expect(await outcome(scene.handover.transfer(to))).toMatch(message);
    expect(scene.happened).toEqual([]);
  });

  it('that the network refuses leaves the call as it was, and another may follow', async () => {
    const scene = new Scene();
    const transfer = outcome(scene.handover.transfer('sales'));
    await scene.settle();
    scene.quiet();
    await scene.settle();
    scene.refuse(new Error('21205'));
    expect(await transfer).toBe('Error: 21205');
    expect(scene.happened.slice(2)).toEqual(['let go']);
    void scene.handover.transfer('sales').catch(() => undefined);
    await scene.settle();
    scene.quiet();
    await scene.settle();
    expect(scene.happened.at(-1)).toBe('transfer CA1 +4930123456');
  });

  it.each([
    [true, 'left'],
    [false, 'lost'],
  ])('may end the stream before the network has answered %j: the call is %s then', async (answer, end) => {
    const scene = new Scene();
    const transfer = outcome(scene.handover.transfer('sales'));
    await scene.settle();
    expect(scene.handover.survives()).toBe(false); // it is only waiting
    scene.quiet();
    await scene.settle();
    expect(scene.handover.survives()).toBe(true);
    scene.answer(answer);
    await transfer;
    expect(scene.happened.at(-1)).toBe(end);
  });

  it('that the network does not answer is given up after 10 s of silence', async () => {
    const scene = new Scene();
    const transfer = outcome(scene.handover.transfer('sales'));
    await scene.settle();
    scene.quiet();
    await scene.clock.advance(9_990);
    expect(scene.happened.at(-1)).toBe('transfer CA1 +4930123456');
    await scene.clock.advance(20);
    expect(await transfer).toMatch(/did not answer in time/);
    expect(scene.happened.at(-1)).toBe('let go');
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('needs a network that can do it', async () => {
    const scene = new Scene({ hangUp: () => Promise.resolve(true) });
    const transfer = outcome(scene.handover.transfer('sales'));
    await scene.settle();
    scene.quiet();
    expect(await transfer).toMatch(/accountSid, authToken/);
  });

  it('is one at a time, and none once the call is over', async () => {
    const scene = new Scene();
    const first = outcome(scene.handover.transfer('sales'));
    await scene.settle();
    expect(await outcome(scene.handover.transfer('sales'))).toMatch(/being handed over already/);
    scene.handover.close();
    scene.quiet();
    expect(await first).toMatch(/call is over/);
    expect(await outcome(scene.handover.transfer('sales'))).toMatch(/call is over/);
    expect(scene.happened.filter((what) => what.startsWith('transfer'))).toEqual([]);
  });
});

describe('pressing keys', () => {
  async function pressing(scene: Scene, keys = '12#') {
    const pressed = outcome(scene.handover.sendDigits(keys));
    await scene.settle();
    scene.quiet();
    await scene.settle();
    return pressed;
  }
  const start = (scene: Scene, keys?: string) => {
    const pressed = pressing(scene, keys);
    return { pressed };
  };

  it.each(['before', 'after'])(
    'is done when the new stream has come, %s the network’s answer',
    async (when) => {
      const scene = new Scene();
      const { pressed } = start(scene);
      await scene.settle();
      await scene.settle();
      expect(scene.happened).toEqual(['hold', 'keys CA1 12#']);
      expect(scene.handover.isAway).toBe(true);
      expect(scene.handover.survives()).toBe(true);
      if (when === 'before') scene.handover.returned();
      scene.answer(true);
      await scene.settle();
      if (when === 'after') scene.handover.returned();
      expect(await pressed).toBe('done');
      expect(scene.happened.slice(2)).toEqual(['let go']);
      expect(scene.handover.isAway).toBe(false);
      expect(scene.handover.survives()).toBe(false);
      expect(scene.clock.pendingTimers).toBe(0);
    },
  );

  it('loses the call when no stream follows, after the time for the keys and 15 s', async () => {
    const scene = new Scene();
    const { pressed } = start(scene, 'W1');
    await scene.settle();
    await scene.settle();
    scene.answer(true);
    await scene.settle();
    await scene.clock.advance(16_998);
    expect(scene.happened).not.toContain('lost');
    await scene.clock.advance(2);
    expect(await pressed).toMatch(/did not come back/);
    expect(scene.happened.at(-1)).toBe('lost');
  });

  it('loses the call when the network refuses after the stream has ended', async () => {
    const scene = new Scene();
    const { pressed } = start(scene);
    await scene.settle();
    await scene.settle();
    expect(scene.handover.survives()).toBe(true);
    scene.refuse(new Error('gone'));
    expect(await pressed).toBe('Error: gone');
    expect(scene.happened.slice(2)).toEqual(['let go', 'lost']);
  });

  it.each(['', '12E', '1 2', '"/><Dial>', '1'.repeat(33), '+49', '1\n2'])('takes no %j', (keys) => {
    expect(() => checkedDigits(keys)).toThrow(/sendDigits: .*0-9, A-D, #/);
  });

  it.each(['1', '0123456789', 'ABCD', '#*wW', '1'.repeat(32)])('takes %j', (keys) => {
    expect(checkedDigits(keys)).toBe(keys);
  });
});

describe('a target', () => {
  it.each([
    '+4930123456',
    'sip:desk@example.com',
    'sips:desk@pbx.example.com:5061',
    'sip:desk@example.com;transport=tls',
  ])('may be %s', (to) => {
    expect(checkedTarget({ to })).toEqual({ to, ringSeconds: 25 });
  });

  it.each([
    '',
    '4930123456',
    '+0123456789',
    '+49 30 123456',
    '+123',
    '+1234567890123456',
    'tel:+4930123456',
    'https://example.com',
    'sip:example.com',
    'sip:a@b@example.com',
    'sip:desk@example.com?X-Header=1',
    'sip:desk@example.com\n',
    'sip:"</Sip><Dial>"@example.com',
    'sip:a@b.example,sip:c@d.example',
  ])('may not be %j', (to) => {
    expect(() => checkedTarget({ to })).toThrow(/transfer: to: must be a number such as/);
  });
});
