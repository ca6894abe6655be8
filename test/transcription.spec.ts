import { describe, expect, it } from '@jest/globals';
import type { CallEvent, Transcriber } from '../src/index.js';
import {
  ScriptedAgent,
  type ScriptedReply,
  ScriptedTranscriber,
  type TranscriberScript,
} from '../src/testing/index.js';
import { Host } from './support/host.js';

/** A call whose caller is understood by the script. */
async function callWith(script: TranscriberScript, replies: readonly ScriptedReply[] = ['A short answer.']) {
  let agent: ScriptedAgent | undefined;
  let transcriber: ScriptedTranscriber | undefined;
  const host = await Host.boot({
    agent: (clock) => (agent = new ScriptedAgent(clock, replies)),
    transcriber: (clock) => (transcriber = new ScriptedTranscriber(clock, script)),
  });
  const call = host.dial();
  await host.clock.advance(1_000);
  if (agent === undefined || transcriber === undefined) throw new Error('nothing was made');
  const { clock, logs } = host;
  const events = <T extends CallEvent['type']>(type: T) =>
    host.events(call).filter((event) => event.type === type) as unknown as (CallEvent & {
      readonly type: T;
    })[];
  /** The caller speaks and falls silent. */
  const say = async (ms: number, silenceMs = 2_500) => {
    const { startMs } = call.speak(ms);
    await clock.advance(startMs + ms + silenceMs - clock.now());
    return startMs + ms;
  };
  return { call, agent, transcriber, clock, logs, events, say };
}

describe('the words of a turn', () => {
  it('are what the transcriber understood, also in the history', async () => {
    const { agent, say, events } = await callWith({ utterances: ['where is my order', 'thank you'] });
    await say(1_200);
    await say(800);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual(['where is my order', 'thank you']);
    expect(events('history').map(({ entry }) => entry.text)).toEqual([
      'where is my order',
      'A short answer.',
      'thank you',
      'A short answer.',
    ]);
  });

  it('are asked for in the pause, so that they are there when the turn ends', async () => {
    const { say, events } = await callWith({ utterances: ['where is my order'], finalMs: 300 });
    await say(1_200);
    const final = events('transcript').find(({ transcript }) => transcript.final);
    const stopped = events('caller-stopped')[0];
    expect(final?.atMs).toBeLessThan(stopped?.atMs ?? 0);
    const turn = events('history')[0];
    expect(turn?.atMs).toBe(stopped?.atMs);
  });

  it('are told as they come', async () => {
    const { say, events } = await callWith({ utterances: ['where is my order'] });
    await say(1_200);
    const partials = events('transcript').filter(({ transcript }) => !transcript.final);
    expect(partials.map(({ transcript }) => transcript.text)).toContain('where is');
  });

  it('are joined over the pauses of a turn', async () => {
    const { say, agent, transcriber } = await callWith({ utterances: ['my number is', 'four two'] });
    await say(800, 450);
    await say(600);
    expect(transcriber.commits).toBe(2);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual(['my number is four two']);
  });

  it('are waited for when they come late, and the early words of the next turn are not lost', async () => {
    const { say, events } = await callWith({ utterances: ['one two', 'three four'], finalMs: 1_400 });
    await say(800, 1_000); // the turn has ended, its words have not come
    await say(800, 4_000);
    const said = events('history').filter(({ entry }) => entry.role === 'caller');
    expect(said.map(({ entry }) => entry.text).join(' ')).toBe('one two three four');
  });

  it('that interrupt an answer are in the next turn, the first of them too', async () => {
    const agentIsCut = {
      tokens: 'A long answer that goes on and on and on and on and on.',
      tokenDelayMs: 300,
    };
    const { say, call, agent, clock } = await callWith(
      { utterances: ['where is my order', 'no not that one'], partialMs: 20, finalMs: Infinity },
      [agentIsCut, 'Oh.'],
    );
    await say(1_200, 0);
    await clock.advanceUntil(() => call.heldMs > 0, 5_000, 20); // what is final never comes: only partials count
    await clock.advance(700);
    await say(1_020, 4_000); // just enough for four words: not a frame may be missing
    expect(agent.aborts).toHaveLength(1);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual(['where is my order', 'no not that one']);
  });

  it('are what was understood so far when the final transcript does not come', async () => {
    const { say, agent } = await callWith({ utterances: ['where is my order'], finalMs: Infinity });
    await say(1_200, 5_000);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual(['where is my order']);
  });

  it('are not told again in the next turn, when the final transcript comes after the turn had to do without', async () => {
    const { say, agent } = await callWith({ utterances: ['where is my order', 'thank you'], finalMs: 2_600 });
    await say(1_200, 6_000);
    await say(800, 6_000);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual(['where is my order', 'thank you']);
  });

  it('that the final transcript has more of are in the next turn', async () => {
    const { say, agent } = await callWith({
      utterances: ['where is my order please', 'thank you'],
      finalMs: 2_600,
    });
    await say(1_200, 6_000);
    await say(800, 6_000);
    expect(agent.turns.map(({ transcript }) => transcript)).toEqual([
      'where is my order',
      'please thank you',
    ]);
  });

  it('are none once the transcriber has given up, and the call goes on', async () => {
    const { say, agent, logs } = await callWith({ utterances: ['where is my order'], failAfterMs: 1_500 });
    await say(1_200);
    await say(800);
    expect(agent.turns.map(({ transcript }) => transcript)).toHaveLength(2);
    expect(agent.turns[1]?.transcript).toBe('');
    expect(logs.filter((line) => line.includes('gave up'))).toHaveLength(1);
    expect(logs.join()).not.toContain('the scripted transcriber fails'); // it might hold what was said
  });

  it('are none with a transcriber that throws, and the call is answered', async () => {
    let agent: ScriptedAgent | undefined;
    const broken: Transcriber = {
      name: 'broken',
      transcribe: () => {
        throw new Error('not configured');
      },
    };
    const host = await Host.boot({
      agent: (clock) => (agent = new ScriptedAgent(clock, ['A short answer.'])),
      transcriber: () => broken,
    });
    const call = host.dial();
    await host.clock.advance(1_000);
    call.speak(800);
    await host.clock.advance(4_000);
    expect(agent?.turns.map(({ transcript }) => transcript)).toEqual(['']);
  });

  it('cost nothing any more when the call is over', async () => {
    const { call, clock, transcriber } = await callWith({ utterances: ['hello'] });
    expect(transcriber.active).toBe(1);
    call.hangUp();
    await clock.advance(1_000);
    expect(transcriber.active).toBe(0);
  });
});
