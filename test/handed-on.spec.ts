import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StreamRelay } from '../src/call/relay/stream-relay.js';
import { TWILIO_CLIENT, type TwilioClient } from '../src/index.js';
import {
  readScript,
  ScriptedAgent,
  type SimulatedCall,
  type Transport,
  VirtualClock,
} from '../src/testing/index.js';
import { Host } from './support/host.js';
import { SharedMemory } from './support/shared-memory/shared-memory.js';

const TALE =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen';
const GOODBYE = 'Goodbye now.';
const CLOSING = 'Something went wrong.';
const NETWORK = { down: { delayMs: 40, jitterMs: 15 }, up: { delayMs: 40, jitterMs: 15 } };

let clock: VirtualClock;
let memory: SharedMemory;
let dialled: SimulatedCall[] = [];
const hosts: Host[] = [];
beforeEach(() => {
  clock = new VirtualClock();
  memory = new SharedMemory(clock);
  dialled = [];
});
afterEach(close);

async function close(): Promise<void> {
  for (const call of dialled) call.hangUp();
  const closed = Promise.all(hosts.splice(0).map(({ module }) => module.close()));
  await clock.advance(60_000);
  await closed;
}

/** Twilio, as far as calls in progress go. */
const twilio: TwilioClient = {
  calls: (callSid) => ({
    update: (change) => {
      const call = dialled.find((one) => one.callSid === callSid);
      if ('twiml' in change) call?.update(change.twiml);
      else call?.complete();
      return Promise.resolve();
    },
  }),
};

/** One of several instances. */
async function instance(graceMs = 20_000): Promise<Host> {
  const host = await Host.boot({
    clock,
    agent: () => new ScriptedAgent(clock, [TALE, 'fine', 'fine', 'fine'], { greeting: 'hello' }),
    settings: { drain: { graceMs, goodbye: GOODBYE }, conversation: { closing: CLOSING } },
    providers: () => [...memory.providers(), { provide: TWILIO_CLIENT, useValue: twilio }],
  });
  hosts.push(host);
  return host;
}

/** A call whose streams come to those instances, one after the other, and its webhooks to the first. */
function dial(streams: readonly Host[], seed = 1): SimulatedCall {
  const [first] = streams as [Host];
  let next = 0;
  const transport: Transport = {
    post: (...request) => first.transport.post(...request),
    connect: (...socket) => streams[Math.min(next++, streams.length - 1)]!.transport.connect(...socket),
  };
  const call = first.dial({ transport, network: { ...NETWORK, seed } });
  dialled.push(call);
  return call;
}

/** A call whose second stream has come to `socket`, with the conversation at `owner`. */
async function away(owner: Host, socket: Host, seed = 1): Promise<SimulatedCall> {
  const call = dial([owner, socket], seed);
  await clock.advance(2_500);
  await press(call, owner);
  expect(call.streams).toHaveLength(2);
  return call;
}

async function press(call: SimulatedCall, owner: Host): Promise<void> {
  let isBack = false as boolean;
  void owner.registry
    .find(call.callSid)!
    .sendDigits('1')
    .then(() => (isBack = true));
  for (let ms = 0; ms < 5_000 && !isBack; ms += 20) await clock.advance(20);
  expect(isBack).toBe(true);
}

const leftAt = (host: Host) => host.module.get(StreamRelay).size;
const endings = (host: Host, call: SimulatedCall) =>
  host.events(call).flatMap((event) => (event.type === 'ended' ? [event.reason] : []));

/** The caller asks, is told a tale, and interrupts it. */
async function bargedIn(call: SimulatedCall): Promise<{ silenceMs: number; after: Set<number> }> {
  call.speak(600);
  await clock.advance(4_000);
  const { startMs } = call.speak(600);
  await clock.advance(4_000);
  const silenceMs = call.onsetToSilenceMs(startMs);
  const after = readScript(call.heardAudio(startMs + silenceMs, clock.now()));
  return { silenceMs, after: new Set(after.map(({ utterance }) => utterance)) };
}

describe('A caller whose stream is handed on', () => {
  it.each([1, 2, 3, 4, 5, 6])('interrupts as on one instance, at the ear (network %i)', async (seed) => {
    const [one, two] = [await instance(), await instance()];
    const handedOn = await away(one, two, seed);
    expect([leftAt(one), leftAt(two), one.open.size, two.open.size]).toEqual([1, 1, 0, 1]);
    const there = await bargedIn(handedOn);
    expect([two.happened.size, handedOn.violations, handedOn.clears.length]).toEqual([0, [], 1]);
    await close();
    memory = new SharedMemory(clock);
    const alone = await instance();
    const here = await bargedIn(await away(alone, alone, seed));
    expect(there.silenceMs).toBeGreaterThan(100);
    // Two hops through what is shared, there and back, and the frame that this may cost.
    expect(Math.abs(there.silenceMs - here.silenceMs)).toBeLessThanOrEqual(25);
    // Nothing of the tale follows its clear: what comes is the answer.
    expect([there.after.size, there.after.has(2)]).toEqual([1, false]);
  });

  it('is heard and hears to the end, and the call is over once', async () => {
    const [one, two] = [await instance(), await instance()];
    const call = await away(one, two);
    await bargedIn(call);
    call.dtmf('7');
    await clock.advance(200);
    call.hangUp();
    await clock.advance(1_000);
    expect(one.events(call).filter(({ type }) => type === 'digit')).toHaveLength(1);
    expect([endings(one, call), leftAt(one), leftAt(two), two.open.size]).toEqual([['stop'], 0, 0, 0]);
  });

  it.each([
    ['a third', 0],
    ['the second again', 1],
    ['the first', 2],
  ])('has keys pressed once more and comes to %s', async (_, place) => {
    const [one, two, three] = [await instance(), await instance(), await instance()];
    const third = [three, two, one][place]!;
    const call = dial([one, two, third]);
    await clock.advance(2_500);
    await press(call, one);
    await press(call, one);
    expect(call.streams).toHaveLength(3);
    expect([one, two, three].map(({ open }) => open.size)).toEqual([
      place === 2 ? 1 : 0,
      place === 1 ? 1 : 0,
      place === 0 ? 1 : 0,
    ]);
    expect([leftAt(one), leftAt(third)]).toEqual(place === 2 ? [0, 0] : [1, 1]);
    const said = one.registry.find(call.callSid)!.say('back again');
    await clock.advance(3_000);
    expect(await said).toMatchObject({ ended: 'played' });
    expect([one, two, three].map(({ happened }) => happened.size)).toEqual([1, 0, 0]);
  });

  it.each([
    ['with the conversation', [0]],
    ['with the socket', [1]],
    ['of both', [0, 1]],
  ])('hears the sentence, and goodbye, when the instance %s drains', async (_, which) => {
    const both = [await instance(), await instance()] as const;
    const [one, two] = both;
    const call = await away(one, two);
    const said = one.registry.find(call.callSid)!.say('one two three four five six');
    await clock.advance(700);
    const closed = Promise.all(which.map((place) => both[place]!.module.close()));
    await clock.advance(20_000);
    await closed;
    expect(await said).toMatchObject({ ended: 'played' });
    expect([endings(one, call), call.spoken]).toEqual([['drained'], []]);
    expect(one.voice.utterances.filter(({ text }) => text === GOODBYE)).toHaveLength(1);
    expect([leftAt(one), leftAt(two)]).toEqual([0, 0]);
  });

  it('hears goodbye from Twilio where an instance with the socket has no time at all', async () => {
    const [one, two] = [await instance(), await instance(0)];
    const call = await away(one, two);
    void two.module.close();
    await clock.advance(2_000);
    expect([endings(one, call), call.spoken, call.endedBy]).toEqual([['closed-by-us'], [GOODBYE], 'hangup']);
    expect(leftAt(one)).toBe(0);
  });

  it('is hung up on by its agent, and transferred, as on one instance', async () => {
    const [one, two] = [await instance(), await instance()];
    const call = await away(one, two);
    void one.registry.find(call.callSid)!.hangUp();
    await clock.advance(3_000);
    expect([endings(one, call), call.endedBy, leftAt(one), leftAt(two)]).toEqual([['hung-up'], 'api', 0, 0]);
    const other = await away(one, two, 2);
    void one.registry.find(other.callSid)!.transfer({ to: '+4930123456' });
    await clock.advance(3_000);
    expect([endings(one, other), leftAt(one), leftAt(two)]).toEqual([['transferred'], 0, 0]);
  });
});

describe('Nobody waits on a silent line', () => {
  it.each([3_500, 30_000])(
    'when Twilio’s audio does not come for %i ms and then goes on',
    async (stallMs) => {
      const [one, two] = [await instance(), await instance()];
      const call = await away(one, two);
      call.stallUp(stallMs);
      await clock.advance(stallMs + 5_000);
      expect([endings(one, call), call.spoken, call.endedBy]).toEqual([
        ['socket-closed'],
        [CLOSING],
        'hangup',
      ]);
    },
  );
});
