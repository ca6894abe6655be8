import { describe, expect, it } from '@jest/globals';
import { Observable } from 'rxjs';
import type { Reply, Turn, VoiceAgent, VoiceCall } from '../src/index.js';
import {
  readScript,
  ScriptedVoice,
  type SimulatedCall,
  type SimulatedCallOptions,
  speechLikeSound,
  type Transport,
  twilioSignature,
  type VirtualClock,
  type VoiceScript,
} from '../src/testing/index.js';
import type { StreamFault } from '../src/twilio/stream-counters.js';
import { StreamTokens } from '../src/twilio/stream-token.js';
import { AUTH_TOKEN, Host, type HostOptions, STREAM_URL } from './support/host.js';

const TALE = Array.from({ length: 80 }, (_, index) => `word${index + 1}`).join(' ');
const TALE_MS = 80 * 300;
const SECRET = 'PayloadOfTheCaller';
const [BAD_PHONE, GOOD_PHONE] = ['+15005551111', '+15005552222'];

type Trouble = (turn: Turn) => Reply;

/** Tells both callers a tale; what it does in the bad call's turns is the test's choice. */
class Agent implements VoiceAgent {
  readonly calls: VoiceCall[] = [];
  readonly turns: Turn[] = [];
  constructor(
    private readonly troubles: readonly Trouble[],
    private readonly callbacks: Partial<VoiceAgent>,
  ) {}

  onCallStart(call: VoiceCall): Reply | undefined {
    this.calls.push(call);
    if (call.parameters.from === GOOD_PHONE) return TALE;
    return this.callbacks.onCallStart ? this.callbacks.onCallStart(call) : TALE;
  }

  reply(turn: Turn): Reply {
    this.turns.push(turn);
    return (this.troubles[this.turns.length - 1] ?? (() => 'better now'))(turn);
  }

  onDigit(digit: string, call: VoiceCall): void | Promise<void> {
    return this.callbacks.onDigit?.(digit, call);
  }

  onCallEnd(call: VoiceCall): void | Promise<void> {
    if (call.parameters.from !== GOOD_PHONE) return this.callbacks.onCallEnd?.(call);
  }
}

interface Setting {
  readonly troubles?: readonly Trouble[];
  readonly callbacks?: Partial<VoiceAgent>;
  readonly script?: (utterance: number) => VoiceScript;
  readonly bad?: (host: Host) => Partial<SimulatedCallOptions>;
}

/** A call that will be treated badly, and another beside it, without any delay of the network. */
async function twoCalls({
  troubles = [],
  callbacks = {},
  script = () => ({}),
  bad = () => ({}),
}: Setting = {}) {
  let agent!: Agent;
  const host = await Host.boot({
    agent: () => (agent = new Agent(troubles, callbacks)),
    voice: (clock) => new ScriptedVoice(clock, script),
  });
  const call = host.dial({ from: BAD_PHONE, network: {}, ...bad(host) });
  await host.clock.advance(0);
  const beside = host.dial({ from: GOOD_PHONE });
  await host.clock.advance(1_000);
  return { host, clock: host.clock, agent, call, beside };
}

/** The other call has heard its tale to the end and without a gap, and the log tells nothing about anybody. */
async function expectNoHarm(host: Host, beside: SimulatedCall): Promise<void> {
  const leftMs = TALE_MS + 1_000 - host.clock.now();
  await host.clock.advance(Math.max(0, leftMs));
  expect(readScript(beside.heardBytes()).map(({ ms }) => ms)).toEqual(
    Array.from({ length: TALE_MS }, (_, ms) => ms),
  );
  expect(new Set(readScript(beside.heardBytes()).map(({ utterance }) => utterance)).size).toBe(1);
  expect([beside.heard.length, beside.clears.length, beside.violations.length]).toEqual([1, 0, 0]);
  expect(host.registry.find(beside.callSid)).toBeDefined();
  expect(host.logs.join('\n')).not.toMatch(/5005551111|5005552222|word1|better now/);
  expect(host.logs.join('\n')).not.toContain(SECRET);
  expect(host.logs.join('\n')).not.toContain(LOUD.slice(0, 12));
}

/** One second of the caller's voice: taken for the call's own, it would be an interruption. */
const LOUD = Buffer.from(speechLikeSound(1_000)).toString('base64');
const media = (streamSid: string, sequenceNumber: string, payload = LOUD) =>
  JSON.stringify({
    event: 'media',
    sequenceNumber,
    streamSid,
    media: { track: 'inbound', chunk: '7', timestamp: '900', payload },
  });
type Frames = (call: SimulatedCall, seen: readonly string[]) => string | Buffer;

describe('Bad frames', () => {
  it.each<[string, StreamFault, Frames]>([
    ['that are no JSON', 'malformed', () => `${SECRET} ${BAD_PHONE}`],
    ['of 60 KB of nonsense', 'malformed', () => SECRET.repeat(3_500)],
    [
      'with a payload that is no base64',
      'malformed',
      ({ stream }) => media(stream!.streamSid, '900', `*${LOUD}`),
    ],
    ['that are binary', 'binary', () => Buffer.from(LOUD, 'base64')],
    [
      'of an unknown event',
      'unknown',
      () => JSON.stringify({ event: `${SECRET} ${BAD_PHONE}`, media: LOUD }),
    ],
    ['that are too old', 'outOfOrder', ({ stream }) => media(stream!.streamSid, '1')],
    ['that repeat the last one', 'duplicate', (_, seen) => seen.at(-1)!],
    ['of another stream', 'foreignStream', () => media(`MZ${'9'.repeat(32)}`, '900')],
    ['that start again', 'secondStart', (_, seen) => seen.find((text) => text.includes('"event":"start"'))!],
  ])('%s are counted, logged once, and change nothing', async (_, fault, frame) => {
    const seen: string[] = [];
    const { host, clock, agent, call, beside } = await twoCalls({
      bad: (host) => ({ transport: through(host, (text) => (seen.push(text.toString()), text)) }),
    });
    const bad = frame(call, [...seen]);
    for (let count = 0; count < 3; count++) call.sendRaw(bad);
    const counts = Object.entries(host.streams[0]!.counters).filter(([, count]) => count > 0);
    expect(counts).toEqual([[fault, 3]]);
    expect(host.logs).toEqual([expect.stringContaining(`Stream ${call.stream!.streamSid}: ${fault}`)]);
    await clock.advance(1_500);
    expect([call.clears.length, call.mediaAfterClear, agent.calls.length]).toEqual([0, 0, 2]);

    const { startMs } = call.speak(600);
    await clock.advance(4_000);
    expect(call.clears).toHaveLength(1);
    expect(call.onsetToSilenceMs(startMs)).toBeLessThan(400);
    expect(host.voice.utterances.at(-1)!.text).toBe('better now');
    await expectNoHarm(host, beside);
    expect(host.logs).toHaveLength(1);
  });

  it('before the start are counted, and the call begins nevertheless', async () => {
    const { host, clock, agent, call, beside } = await twoCalls({
      bad: (host) => ({
        transport: {
          post: host.transport.post,
          connect: (url, headers, events) => {
            const open = () => {
              for (let count = 0; count < 3; count++) socket.send(media(`MZ${'9'.repeat(32)}`, '1'));
              events.open();
            };
            const socket = host.transport.connect(url, headers, { ...events, open });
            return socket;
          },
        },
      }),
    });
    expect(host.streams[0]!.counters.early).toBe(3);
    expect(host.logs).toEqual([expect.stringContaining('early')]);
    expect(agent.calls.map(({ callSid }) => callSid)).toContain(call.callSid);
    call.speak(600);
    await clock.advance(3_000);
    expect(call.clears).toHaveLength(1);
    await expectNoHarm(host, beside);
  });

  it('of five seconds of silence are unusual, and no fault', async () => {
    const fiveSeconds = Buffer.alloc(40_000, 0xff).toString('base64');
    const lengthen = (text: string | Buffer) =>
      text
        .toString()
        .replace(/"chunk":"30"(.*)"payload":"[^"]*"/, `"chunk":"30"$1"payload":"${fiveSeconds}"`);
    const sizes: number[] = [];
    const { host, clock, call, beside } = await twoCalls({
      bad: (host) => ({
        transport: through(host, (text) => {
          sizes.push(lengthen(text).length);
          return lengthen(text);
        }),
      }),
    });
    await clock.advance(2_000);
    expect(sizes.filter((size) => size > 50_000)).toHaveLength(1);
    expect([host.logs, call.clears]).toEqual([[], []]);
    call.speak(600);
    await clock.advance(3_000);
    expect(call.clears).toHaveLength(1);
    await expectNoHarm(host, beside);
  });
});

/** A transport that lets everything Twilio sends pass through `change`. */
function through(host: Host, change: (text: string | Buffer) => string | Buffer): Transport {
  return {
    post: host.transport.post,
    connect: (url, headers, events) => {
      const socket = host.transport.connect(url, headers, events);
      return {
        send: (data) => {
          socket.send(change(data));
        },
        close: (code, reason) => {
          socket.close(code, reason);
        },
        terminate: () => {
          socket.terminate();
        },
      };
    },
  };
}

/** A socket that nobody at Twilio keeps to the protocol. */
function rawSocket(host: Host, signed = true) {
  const closes: number[] = [];
  const ignore = () => undefined;
  const headers: Record<string, string> = signed
    ? { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, STREAM_URL) }
    : {};
  const close = (code: number) => {
    closes.push(code);
    socket.close(code);
  };
  const socket = host.transport.connect(STREAM_URL, headers, {
    open: ignore,
    message: ignore,
    error: ignore,
    close,
  });
  return { socket, closes };
}

describe('A socket', () => {
  const callSid = `CA${'7'.repeat(32)}`;
  const streamSid = `MZ${'7'.repeat(32)}`;
  const start = (customParameters?: object) =>
    JSON.stringify({
      event: 'start',
      sequenceNumber: '1',
      streamSid,
      start: {
        accountSid: 'AC1',
        streamSid,
        callSid,
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        ...(customParameters && { customParameters }),
      },
    });

  it('that never sends a start is closed after five seconds', async () => {
    const { host, clock, beside } = await twoCalls();
    const { closes } = rawSocket(host);
    await clock.advance(4_900);
    expect([closes, host.open.pending]).toEqual([[], 1]);
    await clock.advance(200);
    expect([closes, host.open.pending]).toEqual([[1008], 0]);
    expect(host.logs).toEqual([expect.stringContaining('refused, no start')]);
    await expectNoHarm(host, beside);
  });

  it.each<[string, (tokens: StreamTokens) => object | undefined]>([
    ['without parameters', () => undefined],
    ['without a token', () => ({ from: BAD_PHONE })],
    ['with a token nobody minted', () => ({ _token: `a.b.c.${SECRET}`, from: BAD_PHONE })],
    ['with the token of another call', (tokens) => ({ _token: tokens.mint('CA1'), from: BAD_PHONE })],
  ])('%s is refused', async (_, parameters) => {
    const { host, clock, agent, beside } = await twoCalls();
    const { socket, closes } = rawSocket(host);
    await clock.advance(10);
    socket.send(start(parameters(host.module.get(StreamTokens))));
    expect([closes, host.open.pending, agent.calls.length]).toEqual([[1008], 0, 2]);
    expect(host.logs).toEqual([expect.stringContaining('refused, token')]);
    await expectNoHarm(host, beside);
  });

  it('that uses a token again is refused', async () => {
    const { host, clock, agent, beside } = await twoCalls();
    const parameters = { _token: host.module.get(StreamTokens).mint(callSid) };
    const [first, second] = [rawSocket(host), rawSocket(host)];
    await clock.advance(10);
    first.socket.send(start(parameters));
    second.socket.send(start(parameters));
    expect([first.closes, second.closes, agent.calls.length]).toEqual([[], [1008], 3]);
    expect(host.logs).toEqual([expect.stringContaining('refused, token reused')]);
    first.socket.close(1000);
    await expectNoHarm(host, beside);
  });

  it('that is not signed is closed, and reported once', async () => {
    const { host, clock, beside } = await twoCalls();
    const sockets = [rawSocket(host, false), rawSocket(host, false)];
    await clock.advance(10);
    expect(sockets.map(({ closes }) => closes)).toEqual([[1008], [1008]]);
    expect(host.logs).toEqual([expect.stringContaining('refused with 403')]);
    await expectNoHarm(host, beside);
  });
});

async function* pieces(...texts: unknown[]): AsyncGenerator<string> {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield await Promise.resolve(text as string);
  }
}
const fail = () => {
  throw new Error('no luck');
};
const reject = () => Promise.reject(new Error('no luck'));

describe('An agent', () => {
  it.each<[string, Trouble]>([
    ['throws', fail],
    ['rejects', () => Promise.reject(new Error('no luck'))],
    ['never answers', () => new Promise<string>(() => undefined)],
    ['fails before its first piece', () => pieces('', new Error('no luck'))],
    ['answers with a number', () => 42 as unknown as string],
    ['answers with nothing', () => undefined as unknown as string],
    ['answers with an object', () => ({ text: 'hi' }) as unknown as string],
  ])('that %s is apologised for and logged once, and the call goes on', async (_, trouble) => {
    const { host, clock, agent, call, beside } = await twoCalls({ troubles: [trouble] });
    call.speak(600); // interrupts the greeting
    await clock.advance(15_000);
    expect(
      host.voice.utterances
        .slice(2)
        .map(({ text }) => text)
        .filter((text) => text !== ''),
    ).toEqual([expect.stringMatching(/^Sorry/)]);
    expect(host.logs).toEqual([expect.stringContaining(`Call ${call.callSid}: speech failed`)]);
    call.speak(600);
    await clock.advance(3_000);
    expect(agent.turns).toHaveLength(2);
    expect(host.voice.utterances.at(-1)).toMatchObject({ text: 'better now', state: 'complete' });
    await expectNoHarm(host, beside);
    expect(host.logs).toHaveLength(1);
  });

  it.each<[string, Trouble]>([
    ['nothing but empty pieces', () => pieces('', '', '')],
    ['an empty text', () => ''],
  ])('that writes %s is silent, and the call goes on', async (_, trouble) => {
    const { host, clock, agent, call, beside } = await twoCalls({ troubles: [trouble] });
    call.speak(600);
    await clock.advance(5_000);
    expect(readScript(call.heardAudio(2_000, clock.now()))).toEqual([]);
    call.speak(600);
    await clock.advance(3_000);
    expect(agent.turns).toHaveLength(2);
    expect(host.voice.utterances.at(-1)).toMatchObject({ text: 'better now', state: 'complete' });
    await expectNoHarm(host, beside);
    expect(host.logs).toEqual([]);
  });

  it.each([
    ['throws', fail],
    ['rejects', reject],
  ])('that %s when a key is pressed loses that key only', async (_, onDigit) => {
    const { host, clock, call, beside } = await twoCalls({ callbacks: { onDigit } });
    call.dtmf('5');
    await clock.advance(100);
    expect(host.logs).toEqual([`Call ${call.callSid}: the agent threw: Error`]);
    call.speak(600);
    await clock.advance(3_000);
    expect(call.clears).toHaveLength(1);
    await expectNoHarm(host, beside);
  });

  it('that throws at the start of a call is apologised for, and the call goes on', async () => {
    const { host, clock, call, beside } = await twoCalls({ callbacks: { onCallStart: fail } });
    await clock.advance(6_000);
    call.speak(600);
    await clock.advance(3_000);
    expect(host.logs).toEqual([`Call ${call.callSid}: speech failed: Error`]);
    expect(host.voice.utterances.at(-1)).toMatchObject({ text: 'better now', state: 'complete' });
    await expectNoHarm(host, beside);
  });

  it.each([
    ['throws', fail],
    ['rejects', reject],
  ])('that %s at the end of a call does not keep it from ending', async (_, onCallEnd) => {
    const { host, clock, call, beside } = await twoCalls({ callbacks: { onCallEnd } });
    call.hangUp();
    await clock.advance(100);
    expect([host.registry.size, host.open.size]).toEqual([1, 1]);
    expect(host.logs).toEqual([`Call ${call.callSid}: the agent threw: Error`]);
    await expectNoHarm(host, beside);
  });
});

describe('A voice', () => {
  it.each([
    ['stalls at the start', { stallAfterMs: 0 }],
    ['stalls in the middle', { stallAfterMs: 500 }],
    ['fails', { failAfterMs: 500 }],
  ])('that %s is apologised for and logged once, and the call goes on', async (_, trouble) => {
    const { host, clock, call, beside } = await twoCalls({
      troubles: [() => 'one two three four five'],
      script: (utterance) => (utterance === 3 ? trouble : {}),
    });
    call.speak(600);
    await clock.advance(15_000);
    expect(host.voice.utterances.slice(3)).toMatchObject([{ state: 'complete' }]);
    expect(host.voice.utterances.at(-1)!.text).toMatch(/^Sorry/);
    expect(host.logs).toEqual([expect.stringContaining(`Call ${call.callSid}: speech failed`)]);
    call.speak(600);
    await clock.advance(3_000);
    expect(host.voice.utterances.at(-1)).toMatchObject({ text: 'better now', state: 'complete' });
    await expectNoHarm(host, beside);
  });

  it('that stalls twice ends the call with a closing line, and no other call', async () => {
    const { host, clock, call, beside } = await twoCalls({
      troubles: [() => 'one two three'],
      script: (utterance) => (utterance < 3 ? {} : { stallAfterMs: 0 }),
    });
    call.speak(600);
    await clock.advance(22_000);
    expect(host.events(call).at(-1)).toMatchObject({ type: 'ended', reason: 'failed' });
    expect(call.spoken).toEqual([expect.stringMatching(/technical problem/)]);
    expect([call.endedBy, host.registry.size]).toEqual(['hangup', 1]);
    await expectNoHarm(host, beside);
  });
});

describe('What is let go at the end of a call', () => {
  const fault = () => {
    throw new Error(SECRET);
  };
  const session = (clock: VirtualClock) => {
    const voice = new ScriptedVoice(clock);
    const ways = () => [{ name: 'scripted', synthesize: voice.synthesize.bind(voice) }];
    return Object.assign(voice, { open: () => ({ ways, close: fault }) });
  };
  const transcriber = () => ({ name: 'scripted', transcribe: () => new Observable<never>(() => fault) });

  it.each<[string, Partial<HostOptions<ScriptedVoice>>]>([
    ['a session of the voice', { voice: session }],
    ['a transcriber', { transcriber }],
  ])('leaves nothing behind though %s throws then', async (_, parts) => {
    const host = await Host.boot({ agent: () => new Agent([], {}), ...parts });
    const call = host.dial({ from: BAD_PHONE });
    await host.clock.advance(1_000);
    expect(call.heardBytes().length).toBeGreaterThan(1_000);
    call.hangUp();
    await host.clock.advance(30_000);
    expect(host.events(call).at(-1)).toMatchObject({ type: 'ended', reason: 'stop' });
    expect([host.registry.size, host.open.size, host.streams[0]?.counters.receiverErrors]).toEqual([0, 0, 0]);
    expect(host.logs).toEqual([expect.stringContaining(`Call ${call.callSid}`)]);
    expect(host.logs.join()).not.toContain(SECRET);
  });
});
