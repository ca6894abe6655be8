import { describe, expect, it } from '@jest/globals';
import { defer, type Observable, of } from 'rxjs';
import type {
  CallEvent,
  SpeechChunk,
  Transcriber,
  TwilioVoiceOptions,
  UtteranceVoiceOptions,
  Voice,
} from '../src/index.js';
import {
  ScriptedAgent,
  type ScriptedReply,
  ScriptedTranscriber,
  ScriptedVoice,
  type TranscriberScript,
  type VirtualClock,
} from '../src/testing/index.js';
import { speakByClause } from '../src/tts/clauses/speak-by-clause.js';
import { Host } from './support/host.js';

const ORDER: TranscriberScript = { utterances: ['where is my order'] };
/** A model that takes a while to begin. */
const SLOW = { tokens: 'It left our house on Monday.', firstTokenDelayMs: 400, tokenDelayMs: 10 };

interface Setting {
  readonly replies?: readonly ScriptedReply[];
  readonly script?: TranscriberScript | undefined;
  readonly transcriber?: (clock: VirtualClock) => Transcriber;
  readonly preemptive?: boolean;
  readonly conversation?: TwilioVoiceOptions['conversation'];
  readonly voice?: (clock: VirtualClock) => Voice;
  readonly greeting?: string;
}

async function callWith(setting: Setting) {
  const { script = ORDER, replies = [SLOW], preemptive = true, greeting } = setting;
  let agent: ScriptedAgent | undefined;
  const host = await Host.boot({
    agent: (clock) =>
      (agent = new ScriptedAgent(clock, replies, {
        preemptive,
        ...(greeting === undefined ? {} : { greeting }),
      })),
    transcriber: setting.transcriber ?? ((clock) => new ScriptedTranscriber(clock, script)),
    voice: setting.voice ?? ((clock) => new ScriptedVoice(clock)),
    ...(setting.conversation === undefined ? {} : { settings: { conversation: setting.conversation } }),
  });
  const call = host.dial();
  await host.clock.advance(1_000);
  if (agent === undefined) throw new Error('nothing was made');
  const { clock } = host;
  /** The caller speaks and falls silent. @returns when, ms on the clock */
  const say = async (ms: number, silenceMs: number) => {
    const { startMs } = call.speak(ms);
    await clock.advance(startMs + ms + silenceMs - clock.now());
    return startMs + ms;
  };
  const events = <T extends CallEvent['type']>(type: T) =>
    host.events(call).filter((event): event is CallEvent & { type: T } => event.type === type);
  const steps = () => events('answer').map(({ step }) => `${step.step} ${step.answer}`);
  const history = () => events('history').map(({ entry }) => `${entry.role}: ${entry.text}`);
  return { call, agent, clock, say, events, steps, history, logs: host.logs, voice: host.voice };
}

/** From the caller's last sample to the answer's first, ms. */
async function latency(setting: Setting): Promise<number> {
  const { call, say } = await callWith(setting);
  const endMs = await say(1_200, 3_000);
  return (call.heard.find(({ startMs }) => startMs > endMs)?.startMs ?? Infinity) - endMs;
}

/** Speaks clause by clause, and tells when each was asked for. */
class ClauseVoice implements Voice {
  readonly name = 'clause by clause';
  readonly clauses: { readonly text: string; readonly atMs: number }[] = [];
  readonly #voice: ScriptedVoice;

  constructor(private readonly clock: VirtualClock) {
    this.#voice = new ScriptedVoice(clock);
  }

  synthesize(text$: Observable<string>, options: UtteranceVoiceOptions = {}): Observable<SpeechChunk> {
    return speakByClause(text$, options, {}, (text) =>
      defer(() => {
        this.clauses.push({ text: text.trim(), atMs: this.clock.now() });
        return this.#voice.synthesize(of(text));
      }),
    );
  }
}

describe('an answer asked for while the caller pauses', () => {
  it('is heard sooner by as much as the model takes', async () => {
    const late = await latency({ conversation: { preemptive: 'off' } });
    expect(late - (await latency({}))).toBeGreaterThanOrEqual(400);
  });

  it('is one request and no more', async () => {
    const { agent, say, steps } = await callWith({});
    await say(1_200, 3_000);
    expect(agent.turns).toHaveLength(1);
    expect(steps()).toEqual([
      ...['asked 1', 'first-text 1', 'first-audio 1', 'last-text 1'],
      ...['confirmed 1', 'last-audio 1'],
    ]);
  });

  it('is not asked for of an agent that does not allow it', async () => {
    const { agent, say, events } = await callWith({ preemptive: false });
    await say(1_200, 3_000);
    expect(agent.turns[0]?.confirmed).toBeUndefined();
    expect(events('answer')[0]?.atMs).toBeGreaterThanOrEqual(events('turn')[0]?.atMs ?? Infinity);
  });

  it('tells the agent when the turn is over, and not before', async () => {
    const { agent, say, clock, events } = await callWith({});
    const endMs = await say(1_200, 500);
    let confirmedAtMs: number | undefined;
    void agent.turns[0]?.confirmed?.then(() => (confirmedAtMs = clock.now()));
    await clock.advance(2_000);
    expect(events('turn')[0]?.atMs).toBeGreaterThan(endMs + 600);
    expect(confirmedAtMs).toBe(events('turn')[0]?.atMs);
  });

  it('has no more than its first clause spoken before the turn is over', async () => {
    let voice: ClauseVoice | undefined;
    const { say, events } = await callWith({
      replies: ['It left our house on Monday. It will be with you on Friday. Is there anything else?'],
      voice: (clock) => (voice = new ClauseVoice(clock)),
    });
    await say(1_200, 8_000);
    const turnAtMs = events('turn')[0]?.atMs ?? NaN;
    const inTime = voice?.clauses.map(({ text, atMs }) => [text, atMs < turnAtMs]);
    expect(inTime).toEqual([
      ['It left our house on Monday.', true],
      ['It will be with you on Friday.', false],
      ['Is there anything else?', false],
    ]);
  });

  it('has no silence filled before somebody waits for it', async () => {
    const { say, clock, voice } = await callWith({});
    await say(1_200, 500);
    const awaited = (voice as ScriptedVoice).utterances[0]?.options?.awaited;
    expect(awaited?.()).toBe(false);
    await clock.advance(1_000);
    expect(awaited?.()).toBe(true);
  });

  it('is only written, not spoken, with `text`', async () => {
    let voice: ClauseVoice | undefined;
    const { say, events, agent } = await callWith({
      conversation: { preemptive: 'text' },
      voice: (clock) => (voice = new ClauseVoice(clock)),
    });
    await say(1_200, 3_000);
    const turnAtMs = events('turn')[0]?.atMs ?? NaN;
    expect(events('answer')[0]?.atMs).toBeLessThan(turnAtMs);
    expect(voice?.clauses[0]?.atMs).toBeGreaterThanOrEqual(turnAtMs);
    expect(agent.turns).toHaveLength(1);
  });

  it('is asked for without words where there is no transcriber', async () => {
    const { say, agent, events } = await callWith({ transcriber: () => undefined as never });
    await say(1_200, 3_000);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual(['']);
    expect(events('answer')[0]?.step.preemptive).toBe(true);
  });

  it('remembers what was heard of the answer that was interrupted', async () => {
    const { say, agent } = await callWith({
      greeting: 'Welcome to our shop, we have a great many things to tell you about today, so listen well.',
    });
    await say(1_200, 600); // interrupts the greeting
    const [turn] = agent.turns;
    expect(turn?.confirmed).toBeDefined();
    expect(turn?.history.map(({ role }) => role)).toEqual(['agent', 'caller']);
    expect(turn?.history[0]).toMatchObject({ interrupted: true, text: expect.stringMatching(/^Welcome/) });
  });
});

describe('an answer that was asked for in vain', () => {
  it('is aborted, never heard and not remembered when the caller goes on', async () => {
    const { say, agent, steps, history, call } = await callWith({
      script: { utterances: ['my number is', 'four two'] },
      replies: ['Wrong.', SLOW],
    });
    await say(800, 450);
    expect(steps()).toEqual([
      ...['asked 1', 'first-text 1', 'last-text 1'],
      ...['first-audio 1', 'last-audio 1'],
    ]);
    const endMs = await say(600, 4_000);
    expect(steps()).toContain('discarded 1');
    expect(agent.turns.at(-1)?.transcript).toBe('my number is four two');
    expect(history()).toEqual(['caller: my number is four two', `agent: ${SLOW.tokens}`]);
    expect(call.heard.every(({ startMs }) => startMs > endMs)).toBe(true);
  });

  it('never hears that the turn is over', async () => {
    const { say, agent, clock } = await callWith({
      script: { utterances: ['my number is', 'four two'] },
      replies: [{ tokens: 'Wrong.', firstTokenDelayMs: 5_000 }, SLOW],
    });
    await say(800, 450);
    let confirmed = false;
    void agent.turns[0]?.confirmed?.then(() => (confirmed = true));
    await say(600, 6_000);
    await clock.advance(1_000);
    expect(agent.turns.length).toBeGreaterThan(1);
    expect(confirmed).toBe(false);
    expect(agent.turns[0]?.signal.aborted).toBe(true);
  });

  it('gives way to one for the final words when they are others', async () => {
    const { say, agent, history } = await callWith({
      script: { utterances: ['where is my order please'] }, // the partial one has only four words of it
      replies: ['Wrong.', SLOW],
    });
    await say(1_200, 3_000);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual([
      'where is my order',
      'where is my order please',
    ]);
    expect(history()).toEqual(['caller: where is my order please', `agent: ${SLOW.tokens}`]);
  });

  it('costs at most three requests a turn, beside the one for the turn itself', async () => {
    const { say, agent } = await callWith({
      script: { utterances: ['one', 'two', 'three', 'four', 'five'] },
    });
    for (let part = 0; part < 4; part++) await say(400, 450);
    await say(400, 4_000);
    const asked = agent.turns.map(({ transcript }) => transcript);
    expect(asked).toHaveLength(4);
    expect(asked.at(-1)).toBe('one two three four five');
  });

  it('that failed is asked for anew when the turn is over, and the caller hears no apology', async () => {
    const { say, history, logs } = await callWith({ replies: [{ fails: 'throws' }, SLOW] });
    await say(1_200, 5_000);
    expect(history()).toEqual(['caller: where is my order', `agent: ${SLOW.tokens}`]);
    expect(logs).toEqual([]);
  });

  it('goes with the call', async () => {
    const { call, say, agent, clock, steps } = await callWith({
      replies: [{ tokens: 'Never.', firstTokenDelayMs: 5_000 }],
    });
    await say(1_200, 400);
    call.hangUp();
    await clock.advance(500);
    expect(agent.turns[0]?.signal.aborted).toBe(true);
    expect(agent.openStreams).toBe(0);
    expect(steps()).toEqual(['asked 1', 'last-text 1', 'last-audio 1', 'discarded 1']);
  });
});
