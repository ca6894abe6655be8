import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CALL_RECORDS,
  type CallRecord,
  type CallRecordStore,
  type MediaSink,
  NO_REDACTION,
  REDACTOR,
  type Redactor,
  type VoiceCall,
} from '../src/index.js';
import {
  ScriptedAgent,
  type ScriptedReply,
  ScriptedTranscriber,
  type SimulatedCall,
  type SimulatedCallOptions,
  type TranscriberScript,
} from '../src/testing/index.js';
import { Host } from './support/host.js';

const LONG =
  'Your order left our house on Monday, and it will be with you on Friday at noon, if all goes well.';

class Shelf implements CallRecordStore {
  readonly records: CallRecord[] = [];
  store(record: CallRecord): void {
    this.records.push(record);
  }
  get only(): CallRecord {
    const [record] = this.records;
    if (record === undefined || this.records.length > 1)
      throw new Error(`there are ${this.records.length} records`);
    return record;
  }
}

interface Setting {
  readonly replies?: readonly ScriptedReply[];
  readonly greeting?: string;
  readonly preemptive?: boolean;
  readonly script?: TranscriberScript;
  readonly store?: CallRecordStore;
  readonly redactor?: Redactor;
}

let host: Host;
afterEach(async () => {
  for (const call of calls.splice(0)) call.hangUp();
  await host.clock.advance(20_000);
  await host.module.close();
});
const calls: SimulatedCall[] = [];

async function boot(setting: Setting = {}) {
  const { replies = ['A short answer.'], script = { utterances: ['where is my order'] } } = setting;
  const { greeting, preemptive } = setting;
  const shelf = new Shelf();
  let agent!: ScriptedAgent;
  host = await Host.boot({
    agent: (clock) =>
      (agent = new ScriptedAgent(clock, replies, {
        ...(greeting === undefined ? {} : { greeting }),
        ...(preemptive === undefined ? {} : { preemptive }),
      })),
    transcriber: (clock) => new ScriptedTranscriber(clock, script),
    providers: () => [
      { provide: CALL_RECORDS, useValue: setting.store ?? shelf },
      ...(setting.redactor === undefined ? [] : [{ provide: REDACTOR, useValue: setting.redactor }]),
    ],
  });
  return { shelf, agent };
}

async function dial(options: Partial<SimulatedCallOptions> = {}): Promise<SimulatedCall> {
  const call = host.dial(options);
  calls.push(call);
  await host.clock.advance(1_000);
  return call;
}

/** The caller speaks and falls silent. @returns first and last sample, ms on the clock */
async function say(call: SimulatedCall, ms: number, silenceMs = 3_000) {
  const { startMs } = call.speak(ms);
  const endMs = startMs + ms;
  await host.clock.advance(endMs + silenceMs - host.clock.now());
  return { startMs, endMs };
}

async function hangUp(call: SimulatedCall): Promise<void> {
  call.hangUp();
  await host.clock.advance(1_000);
}

const line = (call: SimulatedCall) => {
  const found = host.registry.find(call.callSid);
  if (found === undefined) throw new Error('no call');
  return found;
};

describe('the record of a call', () => {
  it('tells what both sides said, what was heard, and how it ended', async () => {
    const { shelf } = await boot({
      replies: [LONG, 'A short answer.'],
      greeting: 'Good morning.',
      script: { utterances: ['where is my order', 'thank you'] },
    });
    const call = await dial();
    await host.clock.advance(1_000);
    await say(call, 1_000, 2_500); // the answer has begun
    const { startMs } = await say(call, 800, 3_000);
    await hangUp(call);

    const { turns, said, ...record } = shelf.only;
    expect(record).toMatchObject({
      schema: 1,
      id: `${call.callSid}/${streamOf(call)}`,
      callSid: call.callSid,
      accountSid: call.accountSid,
      parameters: { from: call.from, to: call.to, direction: 'inbound' },
      ended: 'stop',
      interruptions: 1,
      tools: [],
      limits: [],
      failures: [],
      sensitive: [],
    });
    expect(said.map(({ heard, ended }) => [heard, ended])).toEqual([['Good morning.', 'played']]);
    expect(turns.map(({ words }) => words)).toEqual(['where is my order', 'thank you']);
    const [cut, whole] = turns.map(({ answer }) => answer);
    expect(cut?.ended).toBe('cut');
    expect(cut?.unheard).not.toBe('');
    expect(LONG.startsWith(`${cut?.heard ?? ''} ${cut?.unheard ?? ''}`)).toBe(true);
    const interruptedMs = (cut?.interruption?.atMs ?? NaN) - (startMs - startedAt(call));
    expect(cut?.interruption?.by).toBe('caller');
    expect(interruptedMs).toBeGreaterThan(100);
    expect(interruptedMs).toBeLessThan(400);
    expect(whole).toMatchObject({
      heard: 'A short answer.',
      unheard: '',
      ended: 'played',
      preemptive: false,
    });
    expect(whole?.interruption).toBeUndefined();
    expect(record.durationMs).toBe(Date.parse(record.endedAt) - Date.parse(record.startedAt));
  });

  it('is plain JSON', async () => {
    const { shelf } = await boot({ greeting: 'Good morning.' });
    const call = await dial();
    await say(call, 1_000);
    await hangUp(call);
    expect(JSON.parse(JSON.stringify(shelf.only))).toEqual(shelf.only);
  });

  it('tells of tools, of usage, of limits and of failures, but not of their messages', async () => {
    const { shelf } = await boot({ replies: [{ tokens: 'one two', then: 'throws' }, 'Well.'] });
    const call = await dial();
    const { report } = bound(line(call));
    report({ type: 'tool', tool: { id: 't1', name: 'orders', state: 'asked' } });
    await host.clock.advance(100);
    report({ type: 'tool', tool: { id: 't1', name: 'orders', state: 'succeeded', durationMs: 99.6 } });
    report({ type: 'usage', usage: { kind: 'model', model: 'small', inputTokens: 100, outputTokens: 7 } });
    report({ type: 'usage', usage: { kind: 'model', model: 'small', inputTokens: 50, outputTokens: 3 } });
    await say(call, 1_000, 6_000);
    await hangUp(call);
    const { tools, usage, failures, durationMs } = shelf.only;
    expect(tools).toEqual([
      { id: 't1', name: 'orders', state: 'succeeded', durationMs: 100, atMs: expect.any(Number) },
    ]);
    expect(usage.models).toEqual([{ model: 'small', inputTokens: 150, outputTokens: 10 }]);
    expect(usage.speechCharacters).toBeGreaterThan('one two'.length); // and what was said instead
    const speech = host.events(call).filter(({ type }) => type === 'usage' || type === 'agent-settled');
    expect(speech.map(({ type }) => type).join()).toContain('agent-settled,usage,agent-settled,usage');
    expect(usage.transcriptionMs).toBeGreaterThan(durationMs - 300);
    expect(usage.transcriptionMs).toBeLessThanOrEqual(durationMs);
    expect(failures).toEqual([{ name: 'Error', atMs: expect.any(Number) }]);
    expect(JSON.stringify(shelf.only)).not.toContain('the scripted agent fails');
  });

  it('tells that the caller, and not the host, cut an answer off before it was to be heard', async () => {
    const { shelf } = await boot({ replies: [{ tokens: LONG, firstTokenDelayMs: 5_000 }, 'Well.'] });
    const call = await dial();
    await say(call, 1_000, 1_500); // the agent is thinking
    await say(call, 1_000);
    await hangUp(call);
    expect(shelf.only.turns[0]?.answer).toMatchObject({
      ended: 'cut',
      sentMs: 0,
      interruption: { by: 'caller' },
    });
    expect(shelf.only.interruptions).toBe(0);
  });

  it('tells who interrupted where there is no network, and the cut is settled at once', async () => {
    const { shelf } = await boot({ replies: [LONG, 'Well.'] });
    const call = await dial({ network: {} });
    await say(call, 1_000, 2_500);
    await say(call, 1_000);
    await hangUp(call);
    expect(shelf.only.turns[0]?.answer).toMatchObject({ ended: 'cut', interruption: { by: 'caller' } });
    expect(shelf.only.interruptions).toBe(1);
  });

  it('tells what was heard and cut though whoever hears of the interruption ends the call', async () => {
    const { shelf } = await boot({ replies: [LONG] });
    const call = await dial({ network: {} });
    await say(call, 1_000, 2_500);
    line(call).events$.subscribe(({ type }) => {
      if (type === 'caller-started') call.hangUp();
    });
    await say(call, 1_000);
    await hangUp(call);
    expect(shelf.only.turns[0]?.answer?.ended).toBe('cut');
    expect(shelf.only.usage.speechCharacters).toBeGreaterThan(0);
  });

  it('tells what the end of the call cut off, and what that has cost', async () => {
    const { shelf } = await boot({
      replies: [
        ({ call, signal }) => {
          signal.addEventListener('abort', () => {
            call.report({
              type: 'usage',
              usage: { kind: 'model', model: 'small', inputTokens: 100, outputTokens: 7 },
            });
            call.report({
              type: 'tool',
              tool: { id: 't1', name: 'orders', state: 'cancelled', durationMs: 5 },
            });
          });
          return new Promise(() => undefined);
        },
      ],
    });
    const call = await dial();
    await say(call, 1_000, 2_000);
    await hangUp(call);
    expect(shelf.only.usage.models).toEqual([{ model: 'small', inputTokens: 100, outputTokens: 7 }]);
    expect(shelf.only.tools).toMatchObject([{ id: 't1', state: 'cancelled' }]);
    expect(host.events(call).at(-1)?.type).toBe('ended');
  });

  it('is made although an agent reports nonsense', async () => {
    const { shelf } = await boot();
    const call = await dial();
    line(call).report({ type: 'tool', tool: undefined } as never);
    await say(call, 1_000);
    await hangUp(call);
    expect(shelf.only.turns).toHaveLength(1);
    expect(host.logs.join()).toContain("An event is not in its call's record");
  });
});

describe('answers that were asked for while the caller paused', () => {
  const replies: ScriptedReply[] = [{ tokens: 'It left on Monday.', firstTokenDelayMs: 300 }];

  it('are told as such', async () => {
    const { shelf } = await boot({ replies, preemptive: true });
    const call = await dial();
    await say(call, 1_200);
    await hangUp(call);
    const [turn] = shelf.only.turns;
    expect(turn).toMatchObject({ discardedAnswers: 0, answer: { preemptive: true } });
    expect(turn?.waterfall.askedMs).toBeLessThan(turn?.waterfall.turnEndedMs ?? 0);
    expect(turn?.waterfall.askedMs).toBeGreaterThan(0);
  });

  it('are counted with the turn they were for when they were thrown away', async () => {
    const { shelf, agent } = await boot({
      replies,
      preemptive: true,
      script: { utterances: ['where is', 'my order', 'thank you'], finalMs: 100 },
    });
    const call = await dial();
    await say(call, 800, 500); // a pause, and the caller goes on
    await say(call, 800);
    await say(call, 800);
    await hangUp(call);
    expect(agent.turns).toHaveLength(3);
    expect(shelf.only.turns.map(({ words, discardedAnswers }) => [words, discardedAnswers])).toEqual([
      ['where is my order', 1],
      ['thank you', 0],
    ]);
  });
});

describe('the waterfall of a turn', () => {
  const TURNS = 12;
  const STEPS = ['askedMs', 'firstTextMs', 'firstAudioMs', 'sentMs', 'heardMs'] as const;

  /** Five calls at once. @returns the records, and how far the figure of each turn is off, in ms, nearest first */
  async function measured(preemptive: boolean, jitterMs: number) {
    const { shelf } = await boot({
      replies: [{ tokens: 'Yes, of course.', firstTokenDelayMs: 300 }],
      preemptive,
    });
    const lane = { delayMs: 40, jitterMs };
    const lines = await Promise.all(
      [1, 2, 3, 4, 5].map((seed) => dial({ network: { down: lane, up: lane, seed } })),
    );
    const truth = new Map<string, number[]>(lines.map((call) => [call.callSid, []]));
    for (let turn = 0; turn < TURNS; turn++) {
      const ends = lines.map((call, index) => {
        const { startMs, durationMs } = call.speak(700 + 37 * ((turn + index) % 9));
        return { call, endMs: startMs + durationMs };
      });
      await host.clock.advance(5_000 + 13 * turn);
      for (const { call, endMs } of ends) {
        const heard = call.heard.find(({ startMs }) => startMs > endMs);
        truth.get(call.callSid)?.push((heard?.startMs ?? NaN) - endMs);
      }
    }
    for (const call of lines) await hangUp(call);
    const off = shelf.records.flatMap(({ callSid, turns }) =>
      turns.map(({ waterfall: { heardMs = NaN } }, index) =>
        Math.abs(heardMs - (truth.get(callSid)?.[index] ?? NaN)),
      ),
    );
    expect(off).toHaveLength(lines.length * TURNS);
    off.sort((a, b) => a - b);
    if (process.env['SHOW_FIGURES'] !== undefined)
      console.log({ preemptive, jitterMs }, off.map(Math.round).join(' '));
    return { records: shelf.records, off };
  }

  it.each([true, false])(
    'agrees with what the caller heard within 20 ms, and its steps are all there and in order; preemptive: %s',
    async (preemptive) => {
      const { off, records } = await measured(preemptive, 15);
      expect(off.at(-1)).toBeLessThanOrEqual(20);
      for (const { waterfall } of records.flatMap(({ turns }) => turns)) {
        const steps = STEPS.map((step) => waterfall[step] ?? NaN);
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
        expect((waterfall.askedMs ?? NaN) < waterfall.turnEndedMs).toBe(preemptive);
        expect(waterfall.sentMs).toBeGreaterThanOrEqual(waterfall.turnEndedMs);
      }
    },
  );

  it('agrees with it to a few ms where there is no jitter', async () => {
    const { off } = await measured(true, 0);
    expect(off.at(-1)).toBeLessThanOrEqual(6);
  });
});

describe('a record is stored', () => {
  it.each<[string, (call: SimulatedCall) => void | Promise<void>]>([
    ['the caller hangs up', (call) => { call.hangUp(); }], // prettier-ignore
    ['the agent hangs up', (call) => line(call).hangUp()],
    ['the socket breaks', (call) => { call.dropSocket(); }], // prettier-ignore
    ['the module is closed', () => host.module.close()],
  ])('once when %s', async (_, end) => {
    const { shelf } = await boot();
    const call = await dial();
    await say(call, 800);
    const done = end(call);
    await host.clock.advance(10_000);
    await done;
    call.hangUp();
    await host.clock.advance(10_000);
    await host.module.close();
    expect(shelf.only.turns).toHaveLength(1);
  });

  it('for each stream of a call, under a key of its own', async () => {
    const { shelf } = await boot();
    const { registry, clock } = host;
    const nothing = () => undefined;
    const sink: MediaSink = {
      media: nothing,
      mark: nothing,
      clear: nothing,
      close: nothing,
      bufferedBytes: 0,
    };
    const start = { callSid: 'CA1', accountSid: 'AC1', parameters: {} };
    const first = registry.accept({ ...start, streamSid: 'MZ1' }, sink);
    await clock.advance(100);
    const second = registry.accept({ ...start, streamSid: 'MZ2' }, sink); // ends the first
    await clock.advance(100);
    for (const stream of [first, second, first]) stream.ended('stop');
    expect(shelf.records.map(({ id, ended }) => [id, ended])).toEqual([
      ['CA1/MZ1', 'closed-by-us'],
      ['CA1/MZ2', 'stop'],
    ]);
  });

  it.each<[string, () => void | Promise<void>, string]>([
    ['throws', () => { throw new TypeError('secret'); }, 'TypeError'], // prettier-ignore
    ['rejects', () => Promise.reject(new RangeError('secret')), 'RangeError'],
    ['rejects with no error', () => Promise.reject('secret'), 'string'], // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors
    ['never answers', () => new Promise<void>(() => undefined), 'has not answered within 10000 ms'],
  ])('once by a store that %s, which harms nothing and is told', async (_, store, told) => {
    let asked = 0;
    await boot({
      store: {
        store: () => {
          asked++;
          return store();
        },
      },
    });
    const call = await dial();
    await hangUp(call);
    await host.clock.advance(15_000);
    const next = await dial();
    await say(next, 800);
    expect(host.events(next).some(({ type }) => type === 'agent-settled')).toBe(true);
    expect(asked).toBe(1);
    const lines = host.logs.filter((text) => text.includes('record may be lost'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(told);
    expect(lines[0]).not.toContain('secret');
  });

  it('before the module has closed, by a store that takes a while', async () => {
    let stored = false;
    await boot({
      store: {
        store: () =>
          new Promise((resolve) => {
            host.clock.after(2_000, () => {
              stored = true;
              resolve();
            });
          }),
      },
    });
    await dial();
    let closed = false;
    const closing = host.module.close().then(() => (closed = true));
    await host.clock.advance(1_000);
    expect([closed, stored]).toEqual([false, false]);
    await host.clock.advance(2_000);
    await closing;
    expect(stored).toBe(true);
  });
});

describe('what goes into a record', () => {
  const CARD = '4111 1111 1111 1111';
  const script = { utterances: [`my card is ${CARD}`] };
  const replies = [`You said ${CARD}.`];

  async function record(redactor?: Redactor): Promise<string> {
    const { shelf } = await boot({ script, replies, ...(redactor === undefined ? {} : { redactor }) });
    const call = await dial();
    await say(call, 1_500, 6_000);
    await hangUp(call);
    return JSON.stringify(shelf.only);
  }

  it('has no card number in it', async () => {
    const text = await record();
    expect(text).not.toContain('1111 1111');
    expect(text).toContain('my card is [card number]');
    expect(text).toContain('You said [card number].');
  });

  it('goes through the redactor of the host: words, parameters, names', async () => {
    const places = new Set<string>();
    const text = await record({
      redact: (_, place) => {
        places.add(place);
        return 'xxx';
      },
    });
    expect(text).not.toMatch(/1111 1111|my card|\+1500/);
    expect(places).toContain('record');
  });

  it('is everything if the host wants that', async () => {
    expect(await record(NO_REDACTION)).toContain(CARD);
  });
});

const streamOf = (call: SimulatedCall) => call.eventsOf('stream-started')[0]?.detail ?? '';
const startedAt = (call: SimulatedCall) => call.eventsOf('stream-started')[0]?.atMs ?? NaN;
const bound = (call: VoiceCall) => ({ report: call.report.bind(call) });
