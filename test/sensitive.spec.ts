import { afterEach, describe, expect, it } from '@jest/globals';
import { Observable, tap, throwError } from 'rxjs';
import {
  CALL_RECORDS,
  NO_REDACTION,
  NOT_RECORDED,
  REDACTOR,
  type SensitiveKeys,
  type Transcriber,
  type TwilioVoiceOptions,
  type Voice,
  type VoiceCall,
} from '../src/index.js';
import {
  isAudible,
  ScriptedAgent,
  type ScriptedReply,
  ScriptedTranscriber,
  type SimulatedCall,
  type TranscriberScript,
  type VirtualClock,
} from '../src/testing/index.js';
import { EverythingTold } from './support/everything-told.js';
import { Host } from './support/host.js';

const CARD = '4111111111111111';
const ANY_OF_IT = /4111|1111|four one/;

interface Setting {
  readonly replies?: readonly ScriptedReply[];
  readonly script?: TranscriberScript;
  readonly preemptive?: boolean;
  readonly voice?: (clock: VirtualClock) => Voice;
  readonly settings?: Omit<TwilioVoiceOptions, 'basePath'>;
}

let ends: (() => Promise<void>) | undefined;
afterEach(() => ends?.());

/** A call without any redaction: only what is sensitive is kept back. */
async function callWith(setting: Setting = {}) {
  const { replies = ['I see.'], script = { utterances: ['one', 'two', 'three', 'four'] } } = setting;
  const told = new EverythingTold();
  const given: { readonly atMs: number; readonly audible: boolean }[] = [];
  let agent!: ScriptedAgent;
  let scripted!: ScriptedTranscriber;
  const host = await Host.boot<Voice>({
    agent: (clock) => {
      agent = new ScriptedAgent(clock, replies, { preemptive: setting.preemptive ?? false });
      return agent;
    },
    transcriber: (clock) => {
      scripted = new ScriptedTranscriber(clock, script);
      const tapped: Transcriber = {
        name: 'tapped',
        transcribe: (audio$, options) =>
          scripted.transcribe(
            audio$.pipe(tap((audio) => given.push({ atMs: clock.now(), audible: isAudible(audio) }))),
            options,
          ),
      };
      return tapped;
    },
    ...(setting.voice === undefined ? {} : { voice: setting.voice }),
    ...(setting.settings === undefined ? {} : { settings: setting.settings }),
    providers: () => [
      { provide: REDACTOR, useValue: NO_REDACTION },
      { provide: CALL_RECORDS, useValue: { store: (record: never) => void told.records.push(record) } },
    ],
  });
  told.listen();
  host.registry.started$.subscribe(({ events$ }) => events$.subscribe((event) => told.events.push(event)));
  const { clock } = host;
  const caller = host.dial();
  await clock.advance(1_000);
  const call = host.registry.find(caller.callSid) as VoiceCall;
  const end = async () => {
    caller.hangUp();
    await clock.advance(2_000);
    told.turns.push(...agent.turns.splice(0));
  };
  ends = async () => {
    await end();
    await host.module.close();
  };
  /** The caller speaks and falls silent. */
  const say = async (ms: number, silenceMs = 3_000) => {
    const { startMs } = caller.speak(ms);
    await clock.advance(startMs + ms + silenceMs - clock.now());
  };
  /** A sensitive stretch that lasts until the returned function is called. */
  const begin = () => {
    let over!: () => void;
    const done = call.sensitive(() => new Promise<void>((resolve) => (over = resolve)));
    return async () => {
      over();
      await done;
    };
  };
  const heardBetween = (fromMs: number, toMs: number) =>
    given.filter(({ atMs, audible }) => audible && atMs >= fromMs && atMs < toMs).length;
  const turns = () => told.events.flatMap((event) => (event.type === 'turn' ? [event.transcript] : []));
  return { host, clock, caller, call, agent, told, given, scripted, say, begin, end, heardBetween, turns };
}

/** What a host does to take a card number. */
const takeCard = (call: VoiceCall) =>
  call.sensitive(async (keys) => {
    await call.say('Please key in your number.');
    const { digits, ended } = await keys.collect({ most: 19, timeoutMs: 30_000 });
    await call.say(`You keyed ${digits}.`);
    return { digits, ended };
  });

describe('a card number', () => {
  it('that is keyed is had by the task alone', async () => {
    const { call, caller, clock, agent, told, end } = await callWith();
    const taken = takeCard(call);
    await clock.advance(3_000);
    caller.dtmf(`${CARD}#`, 250);
    await clock.advance(20_000);
    expect(await taken).toEqual({ digits: CARD, ended: 'finished' });
    await end();
    expect(agent.digits).toEqual([]);
    expect(told.leaksOf(ANY_OF_IT)).toEqual([]);
    expect(told.events.filter(({ type }) => type === 'withheld-key')).toHaveLength(17);
    expect(told.records).toHaveLength(1);
  });

  it('that the agent repeats in it is heard, and not told', async () => {
    const { call, told, host, clock, end } = await callWith();
    const outcome = call.sensitive(() => call.say(`You keyed ${CARD}, is that right?`));
    await clock.advance(5_000);
    expect((await outcome).heardText).toContain(CARD); // the task's own
    expect((host.voice as unknown as { utterances: { text: string }[] }).utterances[0]?.text).toContain(CARD);
    await end();
    expect(told.leaksOf(ANY_OF_IT)).toEqual([]);
    expect(call.history).toEqual([{ role: 'agent', text: NOT_RECORDED, unheard: '', interrupted: false }]);
    expect(told.records[0]?.said[0]).toMatchObject({ heard: NOT_RECORDED, unheard: '', ended: 'played' });
  });

  it('of which the caller heard a part only is not told either', async () => {
    const { call, told, clock, caller, end } = await callWith();
    const outcome = call.sensitive(() => call.say(`You keyed ${'4111 '.repeat(20)}`));
    await clock.advance(1_500);
    caller.speak(500);
    await clock.advance(3_000);
    expect((await outcome).unheardText).toContain('4111');
    await end();
    expect(told.leaksOf(ANY_OF_IT)).toEqual([]);
    expect(call.history[0]).toEqual({ role: 'agent', text: NOT_RECORDED, unheard: NOT_RECORDED, interrupted: true }); // prettier-ignore
  });

  it('that is asked to be said in it is not told when it is said behind it', async () => {
    const { call, told, clock, end } = await callWith();
    void call.say('A long sentence that is being said as the task begins and as it ends.');
    await clock.advance(500);
    await call.sensitive(() => {
      void call.say(`You keyed ${CARD}.`);
    });
    await clock.advance(10_000);
    await end();
    expect(told.leaksOf(ANY_OF_IT)).toEqual([]);
    expect(told.records[0]?.said.map(({ heard }) => heard)).toEqual([NOT_RECORDED, NOT_RECORDED]);
  });

  it('that is spoken in it never leaves the process', async () => {
    const { say, begin, told, end, clock, turns, heardBetween, agent } = await callWith({
      script: { utterances: ['four one one one', 'I want to pay'] },
    });
    const over = begin();
    const fromMs = clock.now();
    await say(2_000);
    await over();
    await clock.advance(1_000);
    expect(heardBetween(fromMs, clock.now())).toBe(0);
    expect(turns()).toEqual([NOT_RECORDED]);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual([NOT_RECORDED]);
    expect(told.events.filter(({ type }) => type === 'transcript')).toEqual([]);
    await say(1_000); // what the transcriber hears first is what comes after
    expect(turns()).toEqual([NOT_RECORDED, 'four one one one']);
    await end();
    expect(told.records[0]?.turns.map(({ words }) => words)).toEqual(turns());
  });

  it.each<[string, (call: VoiceCall, caller: SimulatedCall, clock: VirtualClock) => Promise<unknown>]>([
    ['keyed', (_, caller, clock) => (caller.dtmf(`${CARD}#`, 250), clock.advance(6_000))], // prettier-ignore
    [
      'repeated by the agent',
      (call, _, clock) => (void call.say(`You keyed ${CARD}.`), clock.advance(6_000)),
    ],
    ['spoken', (_, caller, clock) => (caller.speak(2_000), clock.advance(6_000))],
  ])('that is %s outside of it is told: this test can fail', async (_, happens) => {
    const { call, caller, clock, told, end } = await callWith({
      script: { utterances: ['four one one one'] },
    });
    await happens(call, caller, clock);
    await end();
    const digits = told.events.map((event) => (event.type === 'digit' ? event.digit : '')).join('');
    expect(told.leaksOf(ANY_OF_IT).length > 0 || digits.startsWith(CARD)).toBe(true);
  });
});

describe('words at the edge of a sensitive stretch', () => {
  it.each<{ what: string; speech: [number, number]; told: boolean }>([
    { what: 'end long before it', speech: [0, 1_000], told: true },
    { what: 'begin before it and end in it', speech: [2_000, 3_500], told: false },
    { what: 'begin just before it', speech: [2_900, 4_000], told: false },
    { what: 'lie in it', speech: [3_500, 4_500], told: false },
    { what: 'go on beyond it', speech: [5_000, 7_000], told: false },
    { what: 'begin as it ends', speech: [5_900, 7_000], told: false },
    { what: 'go through all of it', speech: [2_000, 7_500], told: false },
    { what: 'begin some time after it', speech: [6_600, 7_600], told: true },
  ])('that $what are told: $told', async ({ speech: [fromMs, toMs], told: isTold }) => {
    const { clock, begin, caller, told, turns, heardBetween, end } = await callWith({
      script: { utterances: ['some secret words that were said'], msPerWord: 150, finalMs: 400 },
    });
    const zero = clock.now();
    const at = async (ms: number) => {
      await clock.advance(zero + ms - clock.now());
    };
    clock.after(fromMs, () => caller.speak(toMs - fromMs));
    await at(3_000);
    const over = begin();
    await at(6_000);
    await over();
    await at(12_000);
    expect(turns()).toEqual([isTold ? 'some secret words that were said' : NOT_RECORDED]);
    expect(heardBetween(zero + 3_000, zero + 6_000)).toBe(0);
    const after = told.events.filter(({ type, atMs }) => type === 'transcript' && atMs >= zero + 3_000);
    expect(after.length > 0).toBe(isTold && fromMs > 6_000);
    await end();
    expect(told.leaksOf(/secret words/).filter((leak) => !leak.startsWith('event'))).toHaveLength(
      isTold ? 2 : 0,
    );
  });

  it('are told again behind it, also when the transcriber answers late', async () => {
    const { say, begin, turns, clock } = await callWith({
      script: { utterances: ['one two', 'three four', 'five six'], finalMs: 1_400 },
    });
    await say(800);
    const over = begin();
    await say(800);
    await over();
    await clock.advance(1_500);
    await say(800);
    expect(turns()).toEqual(['one two', NOT_RECORDED, 'three four']);
  });

  it('are not told with what comes behind it, when they were too short to be a turn', async () => {
    const { caller, say, begin, turns, clock } = await callWith();
    caller.speak(30);
    await clock.advance(300);
    const over = begin();
    await clock.advance(2_000);
    await over();
    await clock.advance(1_000);
    await say(1_000);
    expect(turns()).toEqual(['two']); // the transcriber took the beginning for "one"
  });

  it('are not told with what comes behind it, when their transcript comes late', async () => {
    const { caller, say, begin, turns, told, clock } = await callWith({
      script: { utterances: ['my number is', 'four one', 'thank you'], finalMs: 2_200 },
    });
    caller.speak(700);
    await clock.advance(1_150); // a pause: the first words were asked for
    caller.speak(700);
    await clock.advance(200);
    const fromMs = clock.now();
    const over = begin();
    await clock.advance(2_000);
    await over();
    await clock.advance(3_000);
    expect(turns()).toEqual([NOT_RECORDED]);
    expect(told.events.filter(({ type, atMs }) => type === 'transcript' && atMs > fromMs)).toEqual([]);
    await say(1_000, 5_000);
    expect(turns()).toEqual([NOT_RECORDED, 'thank you']);
  });

  it('that are not told are no reason to ask the agent before the turn is over', async () => {
    const { say, begin, agent } = await callWith({ preemptive: true });
    const over = begin();
    await say(1_200);
    expect(agent.turns.map(({ transcript, confirmed }) => [transcript, confirmed])).toEqual([
      [NOT_RECORDED, undefined],
    ]);
    await over();
  });

  it('of an answer that was being prepared from what was said before are not used', async () => {
    const { caller, begin, agent, clock, turns } = await callWith({
      preemptive: true,
      replies: [{ tokens: 'I see.', firstTokenDelayMs: 2_000 }],
      script: { utterances: ['my number is four one'], finalMs: 100 },
    });
    caller.speak(1_000);
    await clock.advance(1_450); // the caller pauses, the agent was asked
    const asked = agent.turns.length;
    expect(agent.turns.at(-1)?.transcript).toBe('my number is four one');
    const over = begin();
    await clock.advance(3_000);
    expect(agent.turns.slice(asked).map(({ transcript }) => transcript)).toEqual([NOT_RECORDED]);
    expect(agent.aborts.map(({ turn }) => turn)).toContain(asked - 1);
    expect(turns()).toEqual([NOT_RECORDED]);
    await over();
  });
});

describe('an answer that is being prepared as a sensitive stretch begins', () => {
  const script = { utterances: ['my number is four one', 'one one'], finalMs: 100 };

  it('is aborted at once, and not at the end of the turn', async () => {
    const { caller, begin, agent, clock } = await callWith({
      preemptive: true,
      replies: [{ tokens: 'I see.', firstTokenDelayMs: 2_000 }],
      script,
    });
    caller.speak(1_000);
    await clock.advance(1_450);
    expect(agent.turns.at(-1)?.signal.aborted).toBe(false);
    const over = begin();
    expect(agent.turns.at(-1)?.signal.aborted).toBe(true);
    await over();
  });

  it('is not asked for again with the words before it, when the caller goes on and pauses once more', async () => {
    const { caller, begin, agent, clock, turns } = await callWith({ preemptive: true, script });
    caller.speak(1_000);
    await clock.advance(1_450);
    const asked = agent.turns.length;
    const over = begin();
    caller.speak(600);
    await clock.advance(4_000);
    expect(turns()).toEqual([NOT_RECORDED]);
    expect(agent.turns.slice(asked).map(({ transcript }) => transcript)).toEqual([NOT_RECORDED]);
    await over();
  });
});

describe('keys at the end of a sensitive stretch', () => {
  it.each([
    { gapMs: 50, told: 'none' },
    { gapMs: 900, told: 'none' },
    { gapMs: 1_500, told: 'told' },
  ])('that come $gapMs ms behind the last are $told', async ({ gapMs, told: isTold }) => {
    const { call, caller, clock, agent } = await callWith();
    const taken = call.sensitive((keys) => keys.collect({ most: 3 }));
    caller.dtmf('1234', 100); // one more than was asked for
    await clock.advance(400 + gapMs);
    expect((await taken).digits).toBe('123');
    caller.dtmf('5');
    await clock.advance(500);
    expect(agent.digits).toEqual(isTold === 'told' ? ['5'] : []);
  });
});

describe('a sensitive task', () => {
  it('is answered as if it had not been there: barge-in, clear and turns go on', async () => {
    const { call, caller, clock, agent, begin } = await callWith();
    const over = begin();
    const said = call.say('This is a long sentence, and the caller is not going to hear all of it at all.');
    await clock.advance(1_500);
    const { startMs } = caller.speak(800);
    await clock.advance(3_000);
    expect((await said).ended).toBe('cut');
    expect(caller.clears).toHaveLength(1);
    expect(caller.onsetToSilenceMs(startMs)).toBeLessThan(400);
    expect(agent.turns).toHaveLength(1);
    await over();
  });

  it.each<[string, (keys: SensitiveKeys) => unknown]>([
    ['throws', () => { throw new Error('no'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('that %s tells so, and ends the stretch', async (_, task) => {
    const { call, say, turns, clock } = await callWith();
    await expect(call.sensitive(task)).rejects.toThrow('no');
    expect(call.isSensitive).toBe(false);
    await clock.advance(1_000);
    await say(800);
    expect(turns()).toEqual(['one']);
  });

  it('beside another, or in another, is over when all are', async () => {
    const { call, begin, say, turns, clock } = await callWith();
    const over = [begin(), begin(), begin()];
    await call.sensitive(() => 1);
    await over[1]?.();
    await over[0]?.();
    await clock.advance(2_000);
    expect(call.isSensitive).toBe(true);
    await say(800);
    await over[2]?.();
    await clock.advance(1_000);
    expect(call.isSensitive).toBe(false);
    await say(800);
    expect(turns()).toEqual([NOT_RECORDED, 'one']);
  });

  it('has the keys when it was begun last', async () => {
    const { call, caller, clock } = await callWith();
    const outer = call.sensitive(async (keys) => {
      const inner = await call.sensitive((own) => own.collect({ most: 1 }));
      return [inner.digits, (await keys.collect({ most: 1 })).digits];
    });
    caller.dtmf('12', 200);
    await clock.advance(1_000);
    expect(await outer).toEqual(['1', '2']);
  });

  it('gets what was keyed so far when the call ends, and cannot be begun then', async () => {
    const { call, caller, clock, end } = await callWith();
    const taken = call.sensitive((keys) => keys.collect());
    caller.dtmf('12');
    await clock.advance(500);
    await end();
    expect(await taken).toEqual({ digits: '12', ended: 'closed' });
    await expect(call.sensitive(() => 1)).rejects.toThrow('over');
    expect(clock.pendingTimers).toBe(0);
  });

  it('is told of as it begins and ends, for whoever records in another way', async () => {
    const { begin, clock, told, end } = await callWith();
    const over = begin();
    await clock.advance(2_000);
    await over();
    await clock.advance(1_000);
    await end();
    const stretches = told.events.filter(({ type }) => type.startsWith('sensitive'));
    expect(stretches.map(({ type }) => type)).toEqual(['sensitive-started', 'sensitive-stopped']);
    expect(told.records[0]?.sensitive).toEqual([{ fromMs: expect.any(Number), toMs: expect.any(Number) }]);
  });

  it('costs the transcriber as much audio as the call has', async () => {
    const { begin, given, clock, say } = await callWith();
    const before = given.length;
    const fromMs = clock.now();
    const over = begin();
    await say(1_000);
    await over();
    expect(Math.abs((given.length - before) * 20 - (clock.now() - fromMs))).toBeLessThanOrEqual(60);
  });

  it('is no silence as long as keys are pressed', async () => {
    const { call, caller, clock, told } = await callWith({ settings: { limits: { silenceMs: 10_000 } } });
    void call.sensitive((keys) => keys.collect({ timeoutMs: 9_000 }));
    for (let key = 0; key < 6; key++) {
      caller.dtmf('1');
      await clock.advance(8_000);
    }
    expect(told.events.filter(({ type }) => type === 'limit')).toEqual([]);
    await clock.advance(8_000);
    expect(told.events.filter(({ type }) => type === 'limit')).toHaveLength(1);
  });
});

describe('an error that repeats what was said', () => {
  /** Fails with the text that it was to say. */
  const parrot: Voice = {
    name: 'parrot',
    synthesize: (text$) =>
      new Observable((subscriber) => {
        let text = '';
        return text$.subscribe({
          next: (piece) => (text += piece),
          complete: () => {
            throwError(() => Object.assign(new TypeError(`cannot say ${text}`), { code: 'E_SAY' })).subscribe(
              subscriber,
            );
          },
        });
      }),
  };

  it('in a sensitive stretch is told by its kind alone, at all levels and ever after', async () => {
    const { call, clock, told, end } = await callWith({ voice: () => parrot });
    void call.sensitive(() => call.say('tangerine')).catch(() => undefined);
    await clock.advance(2_000);
    void call.say('tangerine').catch(() => undefined);
    await clock.advance(2_000);
    await end();
    expect(told.leaksOf(/tangerine/)).toEqual([]);
    expect(told.lines.join()).toContain('TypeError E_SAY');
    expect(told.records[0]?.failures[0]).toMatchObject({ name: 'TypeError', code: 'E_SAY' });
  });

  it('outside of one is told to the host, and in the log at the level of debugging: this test can fail', async () => {
    const { call, clock, told, end } = await callWith({ voice: () => parrot });
    void call.say('tangerine').catch(() => undefined);
    await clock.advance(2_000);
    await end();
    expect(told.leaksOf(/tangerine/).map((leak) => leak.split(':')[0])).toEqual(['log', 'event']);
  });
});
