import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CALL_ADMISSION } from '../src/index.js';
import { ScriptedAgent, type SimulatedCall, type Transport, VirtualClock } from '../src/testing/index.js';
import { CallOutcomes } from '../src/twilio/call-outcomes.js';
import { Host } from './support/host.js';
import { SharedMemory } from './support/shared-memory/shared-memory.js';

const GREETING = 'Hello and welcome.';
const CLOSING = 'Something went wrong.';
const GOODBYE = 'We are closing now.';

let clock: VirtualClock;
/** What the instances share, beside a secret. */
let memory: SharedMemory | undefined;
const hosts: Host[] = [];
beforeEach(() => {
  clock = new VirtualClock();
});
afterEach(async () => {
  const closed = Promise.all(hosts.splice(0).map(({ module }) => module.close()));
  await clock.advance(60_000);
  await closed;
});

/** One of several instances. */
async function instance(maxStreams = 100): Promise<Host> {
  const host = await Host.boot({
    clock,
    agent: () => new ScriptedAgent(clock, ['Yes.'], { greeting: GREETING }),
    settings: {
      drain: { graceMs: 20_000, goodbye: GOODBYE },
      conversation: { closing: CLOSING },
      limits: { maxStreams },
    },
    providers: () => [
      ...(memory?.providers() ?? []),
      { provide: CALL_ADMISSION, useValue: { admit: () => ({ parameters: { account: '4711' } }) } },
    ],
  });
  hosts.push(host);
  return host;
}

/** Sends each webhook and each stream to the next of those instances; the last one takes the rest. */
function dial(webhooks: readonly Host[], streams: readonly Host[]): SimulatedCall {
  const each = (of: readonly Host[]) => {
    let next = 0;
    return () => of[Math.min(next++, of.length - 1)]!.transport;
  };
  const [post, connect] = [each(webhooks), each(streams)];
  const transport: Transport = {
    post: (...request) =>
      /incoming|continue/.test(request[0])
        ? post().post(...request)
        : webhooks[0]!.transport.post(...request),
    connect: (...socket) => connect().connect(...socket),
  };
  return webhooks[0]!.dial({ transport });
}

/** As after SIGTERM; a call of another caller keeps it from being over. */
async function draining(): Promise<Host> {
  const host = await instance();
  host.dial();
  await clock.advance(1_000);
  void host.module.close();
  await clock.advance(0);
  expect(host.open.isDraining).toBe(true);
  return host;
}

const greeted = (host: Host) => host.voice.utterances.filter(({ text }) => text === GREETING).length;

it('A call whose stream nobody took is connected once more also where what is shared is slow to learn of it', async () => {
  memory = new SharedMemory(clock);
  const put = memory.store.put.bind(memory.store);
  memory.store.put = async (...entry) => {
    await new Promise<void>((resolve) => clock.after(600, resolve));
    await put(...entry);
  };
  const [old, fresh] = [await instance(), await instance()];
  old.dial();
  await clock.advance(1_000);
  const call = dial([fresh], [old, fresh]);
  while (old.open.pending === 0) await clock.advance(5);
  void old.module.close();
  await clock.advance(4_000);
  expect([greeted(fresh), call.spoken, call.endedBy]).toEqual([1, [], undefined]);
  call.hangUp();
});

describe.each([
  ['nothing but a secret', false],
  ['their calls', true],
])('A call whose stream nobody took, of instances that share %s', (_, shares) => {
  beforeEach(() => {
    memory = shares ? new SharedMemory(clock) : undefined;
  });

  it('is connected once more by another instance, with what its agent has to know', async () => {
    const [old, fresh] = [await draining(), await instance()];
    const call = dial([fresh], [old, fresh]);
    await clock.advance(3_000);
    expect(old.happened.size).toBe(1);
    expect(fresh.registry.find(call.callSid)?.parameters).toEqual({
      from: call.from,
      to: call.to,
      direction: 'inbound',
      account: '4711',
    });
    expect([greeted(fresh), call.spoken, call.endedBy]).toEqual([1, [], undefined]);
    call.hangUp();
  });

  it('is so too where its stream had been opened before that instance began to shut down', async () => {
    const [old, fresh] = [await instance(), await instance()];
    old.dial();
    const call = dial([fresh], [old, fresh]);
    while (old.open.pending === 0) await clock.advance(5);
    await clock.advance(1);
    void old.module.close();
    await clock.advance(3_000);
    expect(call.streams[0]?.received).toEqual([]);
    expect(fresh.registry.find(call.callSid)).toBeDefined();
    expect([greeted(fresh), call.spoken, call.endedBy]).toEqual([1, [], undefined]);
    call.hangUp();
  });

  it('hears goodbye from an instance that shuts down itself', async () => {
    const [old, fresh] = [await draining(), await instance()];
    const call = dial([fresh, old], [old, fresh]);
    await clock.advance(3_000);
    expect([greeted(fresh), call.spoken, call.endedBy]).toEqual([0, [GOODBYE], 'hangup']);
  });

  it('is not connected a third time', async () => {
    const [old, fresh] = [await draining(), await instance()];
    const call = dial([fresh], [old, old, fresh]);
    await clock.advance(3_000);
    expect([greeted(fresh), call.spoken, call.endedBy]).toEqual([0, [CLOSING], 'hangup']);
    expect(call.eventsOf('twiml').filter(({ detail }) => detail.includes('<Stream'))).toHaveLength(2);
  });

  it('that met a full instance is connected by one that is not, and not by one that is', async () => {
    const [full, fresh] = [await instance(1), await instance()];
    full.dial();
    await clock.advance(1_000);
    const [connected, refused] = [dial([fresh], [full, fresh]), dial([fresh, full], [full, fresh])];
    await clock.advance(3_000);
    expect([connected.endedBy, greeted(fresh)]).toEqual([undefined, 1]);
    expect([refused.spoken, refused.endedBy]).toEqual([[CLOSING], 'hangup']);
    connected.hangUp();
  });

  it('is not one whose stream breaks: it was taken', async () => {
    const fresh = await instance();
    const call = dial([fresh], [fresh]);
    await clock.advance(1_000);
    call.dropSocket();
    await clock.advance(5_000);
    expect([greeted(fresh), call.spoken, call.endedBy]).toEqual([1, [CLOSING], 'hangup']);
  });

  it.each<[string, (call: SimulatedCall) => void]>([
    [
      'breaks',
      (call) => {
        call.dropSocket();
      },
    ],
    [
      'fails at Twilio',
      (call) => {
        call.streamError();
      },
    ],
  ])('whose connection %s was taken, as far as another instance can know', async (_, breaks) => {
    const [old, fresh] = [await instance(), await instance()];
    const call = dial([fresh], [old, fresh]);
    await clock.advance(3_000);
    breaks(call);
    await clock.advance(5_000);
    expect([call.spoken, greeted(fresh)]).toEqual(shares ? [[CLOSING], 0] : [[], 1]);
    call.hangUp();
  });

  it.each([
    ['failed', [CLOSING]],
    ['completed', []],
    ['drained', [GOODBYE]],
  ] as const)('is not one that we closed, as %s', async (outcome, spoken) => {
    const fresh = await instance();
    const call = dial([fresh], [fresh]);
    await clock.advance(2_000);
    void fresh.module.get(CallOutcomes).record(call.callSid, outcome);
    fresh.streams[0]!.finish('closed-by-us', 1000, '');
    await clock.advance(5_000);
    expect([greeted(fresh), call.spoken, call.endedBy]).toEqual([1, spoken, 'hangup']);
  });
});
