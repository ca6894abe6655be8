import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import type { BusEvent } from '../../sharing/call-bus.js';
import type { Sharing } from '../../sharing/sharing.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { drainOptions } from '../drain.options.js';
import type { MediaSink, StreamReceiver, StreamStart } from '../stream.js';
import { StreamRelay } from './stream-relay.js';

const START: StreamStart = {
  streamSid: 'MZ2',
  callSid: 'CA1',
  accountSid: 'AC1',
  parameters: {},
  follows: true,
};
const FRAME = new Uint8Array(160).fill(7);

/** Instances that reach each other within 2 ms. */
class Network {
  readonly clock = new VirtualClock();
  readonly inboxes = new Map<string, Subject<BusEvent>>();
  /** The instance that says it has the call. */
  owner: string | undefined = 'one';
  /** What nobody can reach any more. */
  readonly gone = new Set<string>();
  /** Messages of these kinds are lost on their way, without anybody being told. */
  readonly lost = new Set<unknown>();
  /** Each message comes twice. */
  repeats = false;
  /** What is thrown where anything is told. */
  fault: Error | undefined;
  /** How long the directory takes to answer, ms. */
  findMs = 2;

  sharing(instance: string): Sharing {
    const inbox = new Subject<BusEvent>();
    this.inboxes.set(instance, inbox);
    const find = async () => {
      await this.delay(this.findMs);
      return this.owner === undefined ? undefined : { instance: this.owner };
    };
    const tellInstance = async (to: string, event: BusEvent) => {
      await this.delay();
      if (this.fault !== undefined) throw this.fault;
      if (this.gone.has(instance) || this.gone.has(to)) return false;
      if (!this.lost.has(event['kind'])) this.inboxes.get(to)?.next(event);
      if (this.repeats) this.inboxes.get(to)?.next(event);
      return true;
    };
    return { shared: { directory: { instance, find } }, told$: inbox, tellInstance } as unknown as Sharing;
  }

  private delay(ms = 2): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }
}

/** An instance: what its call hears, what its socket sends, in order. */
class Instance {
  readonly account: string[] = [];
  readonly relay: StreamRelay;
  sink: MediaSink | undefined;
  awaits = false;
  fails = false;
  /** What the call throws as it is told of its stream's end. */
  endFault: Error | undefined;

  constructor(name: string, network: Network, graceMs = 20_000) {
    const registry = {
      accept: ({ streamSid }: StreamStart, sink: MediaSink): StreamReceiver => {
        if (this.fails) throw new Error('no agent');
        this.account.push(`call ${streamSid}`);
        this.sink = sink;
        return {
          audio: (mulaw, timestampMs) =>
            this.account.push(`audio ${mulaw.length} ${mulaw[0]} ${timestampMs}`),
          mark: (mark) => this.account.push(`echo ${mark}`),
          digit: (digit) => this.account.push(`digit ${digit}`),
          ended: (reason) => {
            this.account.push(`ended ${reason}`);
            if (this.endFault !== undefined) throw this.endFault;
          },
        };
      },
      isAwaited: () => this.awaits,
      drainCall: (callSid: string) => this.account.push(`drain ${callSid}`),
      over: () => undefined,
      drain: () => Promise.resolve(),
    };
    const options = { drain: drainOptions.parse({ graceMs }) };
    this.relay = new StreamRelay(registry, network.clock, options, network.sharing(name));
    this.relay.onModuleInit();
  }

  /** A stream comes by its socket. */
  connect(start = START): StreamReceiver {
    return this.relay.accept(start, {
      media: (audio) => this.account.push(`media ${audio.length} ${audio[0]}`),
      mark: (mark) => this.account.push(`mark ${mark}`),
      clear: () => this.account.push('clear'),
      close: (outcome) => this.account.push(`close ${outcome}`),
      bufferedBytes: 0,
    });
  }
}

function begin(graceMs?: number) {
  const network = new Network();
  const [one, two] = [new Instance('one', network), new Instance('two', network, graceMs)];
  one.awaits = true;
  return { network, clock: network.clock, one, two };
}

describe('a stream that comes to another instance than its call', () => {
  it('is handed on in order, from its first frame, both ways', async () => {
    const { clock, one, two } = begin();
    const receiver = two.connect();
    receiver.audio(FRAME, 0);
    receiver.digit('5');
    await clock.advance(20);
    receiver.audio(FRAME, 20);
    receiver.mark('m1');
    one.sink?.media(FRAME);
    one.sink?.mark('m1');
    one.sink?.clear();
    await clock.advance(10);
    const heard = ['call MZ2', 'audio 160 7 0', 'digit 5', 'audio 160 7 20', 'echo m1'];
    expect([one.account, two.account]).toEqual([heard, ['media 160 7', 'mark m1', 'clear']]);
    one.sink?.close('completed');
    await clock.advance(10);
    expect([one.account.at(-1), two.account.at(-1)]).toEqual(['ended closed-by-us', 'close completed']);
    expect([one.relay.size, two.relay.size, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it.each<[string, (all: ReturnType<typeof begin>) => void]>([
    ['is at none', ({ network }) => (network.owner = undefined)],
    ['is not waited for', ({ one }) => (one.awaits = false)],
    ['is at an instance that is gone', ({ network }) => network.gone.add('one')],
    ['is at an instance that does not answer', ({ network }) => network.inboxes.delete('one')],
    ['is at this one, which is to know better', ({ network }) => (network.owner = 'two')],
  ])('begins a new call, with all that it has heard, when its call %s', async (_, change) => {
    const all = begin();
    change(all);
    const receiver = all.two.connect();
    receiver.audio(FRAME, 0);
    await all.clock.advance(1_100);
    receiver.audio(FRAME, 1_100);
    expect(all.two.account).toEqual(['call MZ2', 'audio 160 7 0', 'audio 160 7 1100']);
    expect([all.one.account, all.one.relay.size, all.two.relay.size]).toEqual([[], 0, 0]);
  });

  it('that is over before its call is found begins none', async () => {
    const { network, clock, two } = begin();
    network.owner = undefined;
    two.connect().ended('stop');
    await clock.advance(2_000);
    expect(two.account).toEqual([]);
  });

  it('and for which there is none, and no new one, is closed', async () => {
    const { network, clock, two } = begin();
    network.owner = undefined;
    two.fails = true;
    two.connect();
    await clock.advance(100);
    expect(two.account).toEqual(['close failed']);
  });

  it('and whose call fails there is closed here', async () => {
    const { clock, one, two } = begin();
    one.fails = true;
    two.connect();
    await clock.advance(100);
    expect([two.account, one.relay.size, two.relay.size]).toEqual([['close failed'], 0, 0]);
  });

  it('is nobody else’s when it is a call’s first, or its call waits here', () => {
    const { one, two } = begin();
    two.connect({ ...START, follows: false });
    one.connect();
    expect([one.account, two.account]).toEqual([['call MZ2'], ['call MZ2']]);
  });

  it('ends there as it ends here', async () => {
    const { clock, one, two } = begin();
    const receiver = two.connect();
    await clock.advance(20);
    receiver.ended('stop');
    receiver.ended('socket-closed');
    await clock.advance(20);
    expect(one.account).toEqual(['call MZ2', 'ended stop']);
    expect([one.relay.size, two.relay.size]).toEqual([0, 0]);
  });

  it('ends when the instance with the call is told so by the telephone network', async () => {
    const { clock, one, two } = begin();
    two.connect();
    await clock.advance(20);
    expect(one.relay.streamOver('MZ9', 'stop')).toBe(false);
    expect(one.relay.streamOver('MZ2', 'stream-error')).toBe(true);
    await clock.advance(20);
    expect([one.account.at(-1), two.account]).toEqual(['ended stream-error', ['close undefined']]);
  });

  it('ends when the instance with the call is gone, and the caller is told why', async () => {
    const { network, clock, two } = begin();
    const receiver = two.connect();
    await clock.advance(20);
    network.gone.add('one');
    receiver.audio(FRAME, 20);
    await clock.advance(20);
    expect([two.account, two.relay.size]).toEqual([['close failed'], 0]);
  });

  it('ends when nothing has come from the instance with the socket for three seconds', async () => {
    const { clock, one, two } = begin();
    two.connect().audio(FRAME, 0);
    await clock.advance(2_990);
    expect(one.account).toEqual(['call MZ2', 'audio 160 7 0']);
    await clock.advance(30);
    expect([one.account.at(-1), one.relay.size]).toEqual(['ended socket-closed', 0]);
  });

  it('has its call say goodbye when its instance drains, and is cut when that takes too long', async () => {
    const { clock, one, two } = begin(8_000);
    const receiver = two.connect();
    let isDrained = false as boolean;
    await clock.advance(20);
    void two.relay.drain().then(() => (isDrained = true));
    for (let ms = 0; ms < 5_900; ms += 20) {
      receiver.audio(FRAME, ms);
      await clock.advance(20);
    }
    expect(one.account).toContain('drain CA1');
    expect([two.account, isDrained]).toEqual([[], false]);
    await clock.advance(200);
    expect([two.account, isDrained]).toEqual([['close drained'], true]);
    expect([one.account.at(-1), one.relay.size]).toEqual(['ended closed-by-us', 0]);
  });
});

/** The caller speaks, or is silent: frames come all the time. */
async function talk(clock: VirtualClock, receiver: StreamReceiver, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 20) {
    receiver.audio(FRAME, at);
    await clock.advance(20);
  }
}

describe('Nobody waits on a silent line', () => {
  it.each<[string, number, (network: Network) => void]>([
    [
      'once the instance with the call hangs',
      0,
      ({ lost }) => {
        ['here', 'close'].forEach((kind) => lost.add(kind));
      },
    ],
    ['once the instance with the call has given the stream up', 3_100, () => undefined],
    ['also where that could not be told', 3_100, ({ lost }) => lost.add('close')],
  ])('%s', async (_, stallMs, change) => {
    const { network, clock, one, two } = begin();
    const receiver = two.connect();
    await talk(clock, receiver, 20_000);
    expect([two.account, one.account.length]).toEqual([[], 1_001]);
    change(network);
    await clock.advance(stallMs);
    await talk(clock, receiver, 3_100);
    expect([two.account, two.relay.size]).toEqual([['close failed'], 0]);
    await clock.advance(3_100);
    expect([one.relay.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('and nobody is talked over because a clear was lost: the stream ends', async () => {
    const { network, clock, one, two } = begin();
    await talk(clock, two.connect(), 100);
    network.lost.add('clear');
    one.sink?.clear();
    one.sink?.media(FRAME);
    await clock.advance(10);
    expect([two.account, one.account.at(-1)]).toEqual([['close failed'], 'ended closed-by-us']);
  });

  it('or heard with a gap: the stream ends', async () => {
    const { network, clock, one, two } = begin();
    const receiver = two.connect();
    await talk(clock, receiver, 100);
    network.lost.add('echo');
    receiver.mark('m1');
    receiver.digit('1');
    await clock.advance(10);
    expect([two.account, one.account.at(-1)]).toEqual([['close failed'], 'ended socket-closed']);
  });

  it('and what comes twice is done once', async () => {
    const { network, clock, one, two } = begin();
    network.repeats = true;
    const receiver = two.connect();
    receiver.digit('1');
    await clock.advance(10);
    one.sink?.media(FRAME);
    await clock.advance(10);
    expect([one.account, two.account]).toEqual([['call MZ2', 'digit 1'], ['media 160 7']]);
  });
});

describe('a stream that is over while its call is looked for', () => {
  it('ends its call as it would here', async () => {
    const { clock, one, two } = begin();
    const receiver = two.connect();
    for (let ms = 0; ms < 4_000; ms += 20) receiver.audio(FRAME, ms);
    receiver.ended('stop');
    await clock.advance(100);
    expect([one.account[0], one.account.at(-1), two.account]).toEqual(['call MZ2', 'ended stop', []]);
    expect([one.relay.size, two.relay.size, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('is none any more once the directory has not answered for a second: a new call begins', async () => {
    const { network, clock, two } = begin();
    network.findMs = 30_000;
    two.connect();
    await clock.advance(1_010);
    expect(two.account).toEqual(['call MZ2']);
  });

  it.each([
    ['goes there with the word that its instance drains', 20_000, [], ['call MZ2', 'drain CA1']],
    [
      'is cut there as here where nothing is to be waited for',
      0,
      ['close drained'],
      ['call MZ2', 'ended closed-by-us'],
    ],
  ])('%s', async (_, graceMs, here, there) => {
    const { clock, one, two } = begin(graceMs);
    two.connect();
    void two.relay.drain();
    await clock.advance(20);
    expect([two.account, one.account]).toEqual([here, there]);
  });

  it('begins no call at an instance that drains', async () => {
    const { network, clock, two } = begin(20_000);
    network.owner = undefined;
    two.connect();
    let isDrained = false as boolean;
    void two.relay.drain().then(() => (isDrained = true));
    await clock.advance(20);
    expect([two.account, two.relay.size, isDrained]).toEqual([['close drained'], 0, true]);
  });
});

describe('a fault of a call whose stream is handed on', () => {
  it.each<[string, (all: ReturnType<typeof begin>, receiver: StreamReceiver) => unknown]>([
    [
      'is over',
      (_, receiver) => {
        receiver.ended('stop');
      },
    ],
    ['is lost', ({ clock }) => clock.advance(3_100)],
    ['cannot be told anything', ({ network, one }) => (network.gone.add('two'), one.sink?.clear())],
    ['is over as Twilio says', ({ one }) => one.relay.streamOver('MZ2', 'stop')],
  ])('harms nobody else where it %s', async (_, ends) => {
    const all = begin();
    all.one.endFault = new Error('of the call');
    const receiver = all.two.connect();
    await all.clock.advance(20);
    ends(all, receiver);
    await all.clock.advance(7_000);
    expect([all.one.relay.size, all.two.relay.size, all.clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('closes a stream that has stayed here, too', async () => {
    const { network, clock, two } = begin();
    network.owner = undefined;
    two.endFault = new Error('of the call');
    const receiver = two.connect();
    await clock.advance(20);
    expect(() => {
      receiver.ended('stop');
    }).toThrow('of the call');
    expect([two.account, two.relay.size]).toEqual([['call MZ2', 'ended stop'], 0]);
  });

  it('and one of the bus ends the stream on both sides', async () => {
    const { network, clock, one, two } = begin();
    const receiver = two.connect();
    await clock.advance(20);
    network.fault = new TypeError('of the bus');
    receiver.audio(FRAME, 0);
    await clock.advance(7_000);
    expect([two.account, one.account.at(-1)]).toEqual([['close failed'], 'ended socket-closed']);
    expect([one.relay.size, two.relay.size]).toEqual([0, 0]);
  });
});

describe('a second stream of the same sid', () => {
  it('of another call gets nothing of the first', async () => {
    const { clock, one, two } = begin();
    const first = two.connect();
    await clock.advance(20);
    two.connect({ ...START, callSid: 'CA2' }).audio(FRAME, 0);
    await clock.advance(20);
    one.sink?.media(FRAME);
    first.digit('1');
    await clock.advance(20);
    expect([one.account, two.account]).toEqual([
      ['call MZ2', 'digit 1'],
      ['call MZ2', 'audio 160 7 0', 'media 160 7'],
    ]);
  });
});
