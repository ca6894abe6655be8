import { describe, expect, it } from '@jest/globals';
import {
  ScriptedAgent,
  ScriptedVoice,
  type ScriptedReply,
  SimulatedLine,
  VirtualClock,
  type VoiceScript,
} from '../src/testing/index.js';
import { makeRegistry, Playground, wireViolations } from './support/playground.js';

const TALE = Array.from({ length: 40 }, (_, index) => `word${index + 1}`).join(' ');

function setUp(replies: readonly ScriptedReply[] = [TALE], greeting?: string, script: VoiceScript = {}) {
  let agent!: ScriptedAgent;
  const playground = new Playground({
    agent: (clock: VirtualClock) =>
      (agent = new ScriptedAgent(clock, replies, greeting === undefined ? {} : { greeting })),
    voice: (clock) => new ScriptedVoice(clock, script),
  });
  return {
    playground,
    agent,
    clock: playground.clock,
    voice: playground.voice as ScriptedVoice,
    call: playground.call,
  };
}

describe('a conversation', () => {
  it('greets, listens, and answers when the caller has finished', async () => {
    const { playground, agent, clock, voice } = setUp(['an answer'], 'hello there caller');
    await clock.advance(3_000);
    expect(voice.utterances[0]).toMatchObject({ text: 'hello there caller', state: 'complete' });
    await playground.speak(600);
    expect(agent.turns).toHaveLength(0);
    await clock.advance(2_000);
    expect(agent.turns).toHaveLength(1);
    expect(playground.call.history.map(({ role, text }) => [role, text])).toEqual([
      ['agent', 'hello there caller'],
      ['caller', ''],
      ['agent', 'an answer'],
    ]);
    await playground.finish();
  });

  it('falls silent when the caller speaks, aborts the agent, cancels the voice, and knows what was heard', async () => {
    const { playground, agent, clock, voice } = setUp([{ tokens: TALE, tokenDelayMs: 30, then: 'never' }]);
    await playground.speak(400);
    await clock.advance(4_000);
    const spokenAt = clock.now();
    await playground.speak(400);
    await clock.advance(200);
    expect(agent.aborts.map(({ turn }) => turn)).toEqual([0]);
    expect(agent.openStreams).toBe(0);
    expect(voice.cancelled).toBe(1);
    const silentAt = playground.line.buffer.heard.at(-1)!.endMs;
    expect(silentAt - spokenAt).toBeLessThanOrEqual(160 + 20 + 55 + 20);
    const [account] = playground.accounts;
    expect(account).toMatchObject({ ended: 'cut', method: 'fence' });
    expect(Math.abs(account!.heardMs - playground.heardOf(1))).toBeLessThanOrEqual(30);
    expect(Math.abs(account!.heardText.split(' ').length - playground.heardOf(1) / 300)).toBeLessThanOrEqual(
      1,
    );
    expect(playground.line.clearsSent).toBe(1);
    await playground.finish();
  });

  it('falls silent before anybody is told that the caller speaks', async () => {
    const { playground, clock, call } = setUp([TALE]);
    const clears: number[] = [];
    call.events$.subscribe(({ type }) => {
      if (type === 'caller-started') clears.push(playground.line.clearsSent);
    });
    await playground.speak(400);
    await clock.advance(4_000);
    await playground.speak(400);
    expect(clears).toEqual([0, 1]);
    await playground.finish();
  });

  it('gives the next turn a history with the heard words only', async () => {
    const { playground, agent, clock } = setUp([TALE, 'second']);
    await playground.speak(400);
    await clock.advance(3_000);
    await playground.speak(400);
    await clock.advance(3_000);
    const [entry] = agent.turns[1]!.history.filter(({ role }) => role === 'agent');
    expect(entry).toMatchObject({ interrupted: true });
    const heard = playground.heardOf(1) / 300;
    expect(Math.abs(entry!.text.split(' ').length - heard)).toBeLessThanOrEqual(1);
    expect(TALE).toBe(entry!.role === 'agent' ? `${entry!.text} ${entry!.unheard}` : '');
    await playground.finish();
  });

  it('does not talk over a caller who is already talking', async () => {
    const { playground, clock, call } = setUp();
    const speaking = playground.speak(2_000);
    await clock.advance(0);
    void speaking;
    await clock.advance(500);
    const outcome = await call.say('this must wait for nobody');
    expect(outcome).toMatchObject({ ended: 'cut', heardMs: 0 });
    expect(playground.line.sentBytes).toBe(0);
    await playground.finish();
  });

  it('says one thing after the other, and resolves with what was heard of each', async () => {
    const { playground, clock, call, voice } = setUp();
    await clock.advance(100);
    const both = Promise.all([call.say('one two three'), call.say('four five')]);
    await clock.advance(4_000);
    expect(await both).toMatchObject([
      { ended: 'played', heardMs: 900, heardText: 'one two three' },
      { ended: 'played', heardMs: 600, heardText: 'four five' },
    ]);
    expect(voice.utterances.map(({ text }) => text)).toEqual(['one two three', 'four five']);
    await playground.finish();
  });

  it('drops what waits when it is interrupted, and resolves it as cut', async () => {
    const { playground, clock, call, voice } = setUp();
    await clock.advance(100);
    const both = Promise.all([call.say(TALE), call.say('never said')]);
    await clock.advance(1_500);
    call.interrupt();
    await clock.advance(500);
    expect(await both).toMatchObject([{ ended: 'cut' }, { ended: 'cut', heardMs: 0 }]);
    expect(voice.utterances).toHaveLength(1);
    await playground.finish();
  });

  it('rejects a say whose voice fails, and goes on', async () => {
    const { playground, clock, call } = setUp([TALE], undefined, { failAfterMs: 300 });
    await clock.advance(100);
    const said = call.say('one two three');
    said.catch(() => undefined);
    await clock.advance(2_000);
    await expect(said).rejects.toThrow('the scripted voice fails');
    expect(playground.registry.size).toBe(1);
    await playground.finish();
  });

  it('hangs up after the goodbye was heard, also when the agent hangs up before it speaks', async () => {
    const { playground, clock } = setUp([
      ({ call }) => {
        void call.hangUp();
        return 'good bye dear caller';
      },
    ]);
    await playground.speak(400);
    await clock.advance(5_000);
    expect(playground.line.closed).toBe(true);
    expect(playground.accounts).toMatchObject([{ ended: 'played', heardText: 'good bye dear caller' }]);
    expect(playground.events.at(-1)).toMatchObject({ type: 'ended', reason: 'hung-up' });
    expect(playground.registry.size).toBe(0);
    await playground.finish();
  });

  it('hangs up even if the agent waits for it inside its own reply', async () => {
    async function* goodbye(call: { hangUp(): Promise<void> }) {
      yield 'good bye now ';
      await call.hangUp();
    }
    const { playground, clock } = setUp([({ call }) => goodbye(call)]);
    await playground.speak(400);
    await clock.advance(6_000);
    expect(playground.accounts).toMatchObject([{ ended: 'played', heardText: 'good bye now' }]);
    expect(playground.registry.size).toBe(0);
    await playground.finish();
  });

  it('hangs up after a greeting that says goodbye', async () => {
    const playground = new Playground({
      agent: () => ({
        onCallStart: (call) => {
          void call.hangUp();
          return 'we are closed';
        },
        reply: () => '',
      }),
    });
    await playground.clock.advance(3_000);
    expect(playground.accounts).toMatchObject([{ ended: 'played', heardText: 'we are closed' }]);
    expect(playground.registry.size).toBe(0);
    await playground.finish();
  });

  it('refuses a say once the call has ended, without harm to who does not listen', async () => {
    const { playground, clock, call } = setUp();
    await playground.finish();
    void call.say('too late');
    await expect(call.say('too late')).rejects.toThrow(/the call is ending/);
    await clock.advance(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('may be told to say the next thing while the account of the last is being given', async () => {
    const { playground, clock, call } = setUp();
    await clock.advance(100);
    let next: Promise<unknown> | undefined;
    playground.call.events$.subscribe((event) => {
      if (event.type === 'agent-settled') next ??= call.say('next words');
    });
    const first = call.say(TALE);
    await clock.advance(1_500);
    call.interrupt();
    await clock.advance(3_000);
    expect(await first).toMatchObject({ ended: 'cut' });
    expect(await next).toMatchObject({ ended: 'played', heardText: 'next words' });
    await playground.finish();
  });

  it('says what it is told to say before and in the greeting', async () => {
    const playground = new Playground({
      agent: () => ({
        onCallStart: (call) => {
          void call.say('first of all');
          return 'welcome';
        },
        reply: () => '',
      }),
    });
    await playground.clock.advance(4_000);
    expect(playground.call.history.map(({ text }) => text)).toEqual(['first of all', 'welcome']);
    await playground.finish();
  });

  it('is ready to act when a host is told of the call', async () => {
    const clock = new VirtualClock();
    const agent = new ScriptedAgent(clock, [''], { greeting: 'never said' });
    const voice = new ScriptedVoice(clock);
    const registry = makeRegistry(clock, agent, voice);
    registry.started$.subscribe((call) => void call.hangUp());
    const line = new SimulatedLine(clock);
    registry.accept({ callSid: 'CA1', streamSid: 'MZ1', accountSid: 'AC1', parameters: {} }, line);
    await clock.advance(1_000);
    expect(registry.size).toBe(0);
    expect(line.closed).toBe(true);
    expect(voice.utterances).toEqual([]);
  });

  it('does not abort a reply that was written to its end', async () => {
    const { playground, agent, clock } = setUp([{ tokens: 'one two three', tokenDelayMs: 10 }]);
    await playground.speak(400);
    await clock.advance(4_000);
    expect(playground.accounts).toMatchObject([{ ended: 'played' }]);
    expect(agent.aborts).toEqual([]);
    await playground.finish();
  });

  it('reports when it begins to sound', async () => {
    const { playground, clock } = setUp([], 'hello');
    await clock.advance(1_000);
    expect(playground.events.filter(({ type }) => type === 'agent-sounding')).toHaveLength(1);
    await playground.finish();
  });

  it('hangs up by REST, but closes the stream itself when nobody answers in three seconds', async () => {
    const clock = new VirtualClock();
    const asked: string[] = [];
    const control = {
      hangUp: (callSid: string) => {
        asked.push(callSid);
        return new Promise<boolean>(() => undefined);
      },
    };
    const registry = makeRegistry(
      clock,
      new ScriptedAgent(clock, ['']),
      new ScriptedVoice(clock),
      {},
      control,
    );
    const line = new SimulatedLine(clock);
    registry.accept({ callSid: 'CA1', streamSid: 'MZ1', accountSid: 'AC1', parameters: {} }, line);
    void registry.find('CA1')?.hangUp();
    await clock.advance(2_900);
    expect([asked, line.closed]).toEqual([['CA1'], false]);
    await clock.advance(200);
    expect(line.closed).toBe(true);
  });

  it('whose stream starts anew under the same CallSid is replaced, and a goodbye of before does not end it', async () => {
    const clock = new VirtualClock();
    const asked: string[] = [];
    const control = { hangUp: (callSid: string) => Promise.resolve(asked.push(callSid) > 0) };
    const agent = new ScriptedAgent(clock, [''], { greeting: TALE });
    const registry = makeRegistry(clock, agent, new ScriptedVoice(clock), {}, control);
    const lines = [new SimulatedLine(clock), new SimulatedLine(clock)] as const;
    const start = { callSid: 'CA1', streamSid: 'MZ1', accountSid: 'AC1', parameters: {} };
    registry.accept(start, lines[0]);
    await clock.advance(1_000);
    void registry.find('CA1')?.hangUp();
    registry.accept({ ...start, streamSid: 'MZ2' }, lines[1]);
    await clock.advance(3_000);
    expect(lines.map(({ closed }) => closed)).toEqual([true, false]);
    expect(asked).toEqual([]);
    expect(registry.find('CA1')?.streamSid).toBe('MZ2');
  });

  it('tells the agent of keys and of the end', async () => {
    const { playground, agent, clock } = setUp();
    playground.receiver.digit('7');
    await clock.advance(10);
    await playground.finish();
    expect(agent.digits).toEqual(['7']);
    expect(agent.endedCalls).toHaveLength(1);
    playground.receiver.ended('socket-closed');
    expect(agent.endedCalls).toHaveLength(1);
  });
});

describe('an agent or a voice in trouble', () => {
  it.each<{ what: string; reply: ScriptedReply; withinMs: number }>([
    { what: 'throws', reply: { fails: 'throws' }, withinMs: 1_000 },
    {
      what: 'promises something other than text',
      reply: () => Promise.resolve(undefined as never),
      withinMs: 1_000,
    },
    {
      what: 'throws something that is not even an object',
      reply: () => {
        throw Object.create(null);
      },
      withinMs: 1_000,
    },
    { what: 'never answers', reply: { fails: 'never' }, withinMs: 11_500 },
    { what: 'fails in the middle', reply: { tokens: 'one two ', then: 'throws' }, withinMs: 2_500 },
    { what: 'stops in the middle', reply: { tokens: 'one two ', then: 'never' }, withinMs: 6_000 },
  ])('that $what is apologised for, and the call goes on', async ({ reply, withinMs }) => {
    const { playground, clock, voice, agent } = setUp([reply, 'better now']);
    await playground.speak(400);
    await clock.advance(800 + withinMs);
    expect(voice.utterances.at(-1)?.text).toMatch(/Sorry/);
    await clock.advance(6_000);
    await playground.speak(400);
    await clock.advance(3_000);
    expect(agent.turns).toHaveLength(2);
    expect(voice.utterances.at(-1)?.text).toBe('better now');
    await playground.finish();
  });

  it('that says nothing leaves the line open and listening', async () => {
    const { playground, clock, agent } = setUp([{ fails: 'empty' }, 'words']);
    await playground.speak(400);
    await clock.advance(2_000);
    await playground.speak(400);
    await clock.advance(2_000);
    expect(agent.turns).toHaveLength(2);
    expect(playground.registry.size).toBe(1);
    await playground.finish();
  });

  it('that fails twice in a row closes the call with a word', async () => {
    const { playground, clock, voice } = setUp([{ fails: 'throws' }]);
    await playground.speak(400);
    await clock.advance(7_000);
    await playground.speak(400);
    await clock.advance(10_000);
    expect(voice.utterances.at(-1)?.text).toMatch(/technical problem/);
    expect(playground.events.at(-1)).toMatchObject({ type: 'ended', reason: 'failed' });
    expect(playground.line.closed).toBe(true);
    await playground.finish();
  });

  it('with a dead voice is given up within four seconds of its detection', async () => {
    const { playground, clock } = setUp([TALE], undefined, { stallAfterMs: 0 });
    await playground.speak(400);
    await clock.advance(700 + 10_000 + 4_000);
    expect(playground.events.at(-1)).toMatchObject({ type: 'ended', reason: 'failed' });
    await playground.finish();
  });
});

describe('two calls at once', () => {
  it('share nothing: each hears its own answer, and the end of one leaves the other alone', async () => {
    const first = setUp([TALE], 'greeting');
    const { clock } = first;
    const other = new Playground(
      { clock, agent: () => first.agent, voice: () => first.voice, seed: 9 },
      first.playground.registry,
      'CA00000000000000000000000000000002',
    );
    await clock.advance(2_000);
    await other.speak(400);
    await clock.advance(2_000);
    expect(first.playground.heardOf(1)).toBe(300);
    expect(first.playground.heardOf(2) + first.playground.heardOf(3)).toBe(0);
    expect(other.heardOf(2)).toBe(300);
    const before = other.heardOf(3);
    await first.playground.finish();
    expect(other.heardOf(3)).toBeGreaterThan(before + 4_000);
    expect(first.playground.registry.size).toBe(1);
    await other.finish();
    expect(first.playground.registry.size).toBe(0);
  });
});

describe('the wire', () => {
  it('stays within the rules through a lively call, and nothing is left behind', async () => {
    const { playground, clock, agent, voice } = setUp([TALE], 'hello');
    for (let turn = 0; turn < 8; turn++) {
      await clock.advance(500 + turn * 333);
      await playground.speak(150 + turn * 60);
    }
    await clock.advance(3_000);
    await playground.finish();
    expect(wireViolations(playground.wire)).toEqual([]);
    expect(playground.line.buffer.peakHeldMs).toBeLessThanOrEqual(200);
    expect(agent.openStreams + voice.active + playground.registry.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
