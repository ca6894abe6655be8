import { afterEach, describe, expect, it } from '@jest/globals';
import type { CallEvent, Turn, TwilioVoiceOptions, VoiceAgent } from '../src/index.js';
import {
  readScript,
  ScriptedAgent,
  ScriptedVoice,
  type SimulatedCall,
  type VirtualClock,
} from '../src/testing/index.js';
import { bootHost, closed, describeEachWay } from './support/each-way.js';
import type { AnyHost, HostOptions } from './support/host.js';

const GOODBYE = 'This is as long as we can talk, so goodbye.';

let host: AnyHost;
afterEach(async () => {
  await closed(host);
});

type Limits = TwilioVoiceOptions['limits'];

const boot = async (limits: Limits, options: Partial<HostOptions<ScriptedVoice>> = {}) => {
  host = await bootHost({
    agent: (clock) => new ScriptedAgent(clock, ['a short answer']),
    settings: { limits, conversation: { limitReached: GOODBYE } },
    ...options,
  });
  return host;
};

/** What reached the caller's ear, utterance by utterance: a word counts from its first sound. */
function heard(call: SimulatedCall): string[] {
  const lastMs = new Map<number, number>();
  for (const { utterance, ms } of readScript(call.heardBytes()))
    lastMs.set(utterance, Math.max(ms, lastMs.get(utterance) ?? 0));
  return [...lastMs].map(([utterance, ms]) => {
    const words = host.voice.utterances[utterance - 1]?.text.split(/(?<=\s)/) ?? [];
    return words.slice(0, Math.floor(ms / 300) + 1).join('');
  });
}

const happened = <T extends CallEvent['type']>(call: SimulatedCall, type: T) =>
  host.events(call).filter((event): event is Extract<CallEvent, { type: T }> => event.type === type);
const limitsReached = (call: SimulatedCall) => happened(call, 'limit').map(({ limit }) => limit);

/** The caller speaks, and what follows takes its time. */
async function turn(call: SimulatedCall, ms = 4_000): Promise<void> {
  call.speak(600);
  await host.clock.advance(ms);
}

const spends = (inputTokens: number, outputTokens: number) => (clock: VirtualClock) =>
  new ScriptedAgent(clock, [
    ({ call }: Turn) => {
      call.report({ type: 'usage', usage: { kind: 'model', model: 'any', inputTokens, outputTokens } });
      return 'a short answer';
    },
  ]);

/** Writes a word of eight characters, blank included, each 100 ms, and never stops. */
class Endless implements VoiceAgent {
  written = 0;
  aborted = false;

  constructor(private readonly clock: VirtualClock) {}

  async *reply({ signal }: Turn) {
    signal.addEventListener('abort', () => (this.aborted = true));
    for (;;) {
      await new Promise<void>((resolve) => this.clock.after(100, resolve));
      if (signal.aborted) return;
      this.written += 8;
      yield 'endless ';
    }
  }
}

interface Case {
  readonly limit: string;
  readonly limits: Limits;
  readonly agent?: (clock: VirtualClock) => VoiceAgent;
  /** Just before the limit; the call has lasted a second. */
  readonly below: (call: SimulatedCall) => Promise<unknown>;
  readonly reach: (call: SimulatedCall) => Promise<unknown>;
}

const CASES: Case[] = [
  {
    limit: 'callMs',
    limits: { callMs: 30_000, silenceMs: 20_000 },
    below: async (call) => {
      await turn(call, 15_000);
      await turn(call, 13_000);
    },
    reach: () => host.clock.advance(2_000),
  },
  {
    limit: 'silenceMs',
    limits: { silenceMs: 10_000 },
    below: async (call) => {
      await turn(call, 9_000);
      call.dtmf('5');
      await host.clock.advance(9_800);
    },
    reach: () => host.clock.advance(1_000),
  },
  {
    limit: 'turns',
    limits: { turns: 2 },
    below: async (call) => {
      await turn(call);
      await turn(call);
    },
    reach: (call) => turn(call, 2_000),
  },
  {
    limit: 'tokens',
    limits: { tokens: 300 },
    agent: spends(120, 29),
    below: async (call) => {
      await turn(call);
      await turn(call);
    },
    reach: (call) => turn(call, 2_000),
  },
  {
    limit: 'speechCharacters',
    limits: { speechCharacters: 3 * 'a short answer'.length },
    below: async (call) => {
      await turn(call);
      await turn(call);
    },
    reach: (call) => turn(call, 2_000),
  },
];

describeEachWay('A call that reaches its limit', () => {
  it.each(CASES)(
    'of $limit hears a polite close and ends; just below it nothing happens',
    async ({ limits, limit, agent, below, reach }) => {
      await boot(limits, agent === undefined ? {} : { agent });
      const call = host.dial();
      await host.clock.advance(1_000);
      await below(call);
      expect(limitsReached(call)).toEqual([]);
      expect(call.endedBy).toBeUndefined();
      await reach(call);
      expect(limitsReached(call)).toEqual([limit]);
      expect(host.logs).toEqual([`Call ${call.callSid}: limits.${limit} is reached, the call is closed`]);
      await host.clock.advance(6_000);
      expect(heard(call).at(-1)).toBe(GOODBYE);
      expect(happened(call, 'ended').map(({ reason }) => reason)).toEqual(['limit']);
      expect(call.endedBy).toBe('hangup');
      expect(call.spoken).toEqual([]); // it was said once
      expect(host.voice.active).toBe(0);
    },
  );

  it('in the middle of an answer that never stops is stopped there, and so is the model', async () => {
    let agent: Endless | undefined;
    await boot({ speechCharacters: 400 }, { agent: (clock) => (agent = new Endless(clock)) });
    const call = host.dial();
    await host.clock.advance(1_000);
    await turn(call, 6_000);
    expect(agent?.written).toBeLessThan(400);
    expect(limitsReached(call)).toEqual([]);
    await host.clock.advance(6_000);
    expect(limitsReached(call)).toEqual(['speechCharacters']);
    expect([agent?.written, agent?.aborted]).toEqual([400, true]);
    expect(host.voice.utterances[0]).toMatchObject({ text: 'endless '.repeat(50), state: 'cancelled' });
    await host.clock.advance(6_000);
    expect(heard(call).at(-1)).toBe(GOODBYE);
    expect(call.endedBy).toBe('hangup');
  });

  it('by one long text says goodbye, and the text costs no more voice', async () => {
    const text = 'word '.repeat(10_000);
    await boot({ speechCharacters: 1_000 }, { agent: (clock) => new ScriptedAgent(clock, [text]) });
    const call = host.dial();
    await host.clock.advance(1_000);
    await turn(call, 8_000);
    expect(limitsReached(call)).toEqual(['speechCharacters']);
    expect(host.voice.utterances[0]).toMatchObject({ state: 'cancelled', emittedMs: 0 });
    expect(heard(call)).toEqual([GOODBYE]);
    expect(call.endedBy).toBe('hangup');
  });

  it('hears the goodbye to its end, also when the caller speaks meanwhile', async () => {
    await boot({ callMs: 5_000 });
    const call = host.dial();
    await host.clock.advance(5_500);
    call.speak(2_000);
    await host.clock.advance(5_000);
    expect(happened(call, 'caller-started')).toHaveLength(1);
    expect(heard(call)).toEqual([GOODBYE]);
    expect(call.clears).toEqual([]);
    expect(call.endedBy).toBe('hangup');
  });

  it('does not ask the agent about the turn that is too much', async () => {
    let agent: ScriptedAgent | undefined;
    await boot({ turns: 1 }, { agent: (clock) => (agent = new ScriptedAgent(clock, ['a short answer'])) });
    const call = host.dial();
    await host.clock.advance(1_000);
    await turn(call);
    await turn(call, 8_000);
    expect(happened(call, 'turn')).toHaveLength(2);
    expect(agent?.turns).toHaveLength(1);
    expect(heard(call)).toEqual(['a short answer', GOODBYE]);
  });

  it('is closed by the telephone company where the voice cannot say it', async () => {
    await boot({ callMs: 5_000 }, { voice: (clock) => new ScriptedVoice(clock, { failAfterMs: 0 }) });
    const call = host.dial();
    await host.clock.advance(12_000);
    expect(heard(call)).toEqual([]);
    expect(call.spoken).toEqual([GOODBYE]);
    expect(happened(call, 'ended').map(({ reason }) => reason)).toEqual(['limit']);
    expect(call.endedBy).toBe('hangup');
  });

  it('ends as it was to when it was ending already', async () => {
    await boot({ callMs: 3_000 });
    const call = host.dial();
    await host.clock.advance(2_000);
    const its = host.registry.find(call.callSid);
    void its?.say('one two three four five six seven eight');
    void its?.hangUp();
    await host.clock.advance(6_000);
    expect(heard(call)).toEqual(['one two three four five six seven eight']);
    expect(happened(call, 'ended').map(({ reason }) => reason)).toEqual(['hung-up']);
  });

  it('is no other call’s matter', async () => {
    await boot({ turns: 1 });
    const [first, second] = [host.dial(), host.dial()];
    await host.clock.advance(1_000);
    await turn(first);
    await turn(second);
    expect(limitsReached(first)).toEqual([]);
    await turn(first, 8_000);
    expect([first.endedBy, second.endedBy]).toEqual(['hangup', undefined]);
    expect(limitsReached(second)).toEqual([]);
    second.hangUp();
  });

  it('leaves no timer behind, and neither does one that ends before', async () => {
    await boot({});
    const call = host.dial();
    await host.clock.advance(3_000);
    call.hangUp();
    await host.clock.advance(3_000);
    expect(host.clock.pendingTimers).toBe(0);
  });
});

describe('Silence', () => {
  it('ends a call after two minutes by itself', async () => {
    await boot({});
    const call = host.dial();
    await host.clock.advance(119_000);
    expect(limitsReached(call)).toEqual([]);
    await host.clock.advance(2_000);
    expect(limitsReached(call)).toEqual(['silenceMs']);
    await host.clock.advance(6_000);
    expect(heard(call)).toEqual([GOODBYE]);
  });

  it('is none while the agent or the caller speaks', async () => {
    const agent = (clock: VirtualClock) => new ScriptedAgent(clock, ['word '.repeat(100)]); // 30 s
    await boot({ silenceMs: 5_000 }, { agent });
    const call = host.dial();
    await host.clock.advance(1_000);
    call.speak(12_000);
    await host.clock.advance(12_000 + 30_000);
    expect(limitsReached(call)).toEqual([]);
    await host.clock.advance(10_000);
    expect(limitsReached(call)).toEqual(['silenceMs']);
  });

  it('ends a call whose agent is at work in the middle of an answer, and nobody hears it', async () => {
    const agent = (clock: VirtualClock): VoiceAgent => ({
      async *reply({ signal }: Turn) {
        yield 'One moment. ';
        while (!signal.aborted) {
          await new Promise<void>((resolve) => clock.after(1_000, resolve));
          yield '';
        }
      },
    });
    await boot({ silenceMs: 20_000 }, { agent });
    const call = host.dial();
    await host.clock.advance(1_000);
    await turn(call, 20_000);
    expect(limitsReached(call)).toEqual([]);
    await host.clock.advance(6_000);
    expect(limitsReached(call)).toEqual(['silenceMs']);
    await host.clock.advance(6_000);
    expect(heard(call).at(-1)).toBe(GOODBYE);
    expect(call.endedBy).toBe('hangup');
  });

  it('lasts as long as it likes without a limit', async () => {
    await boot({ silenceMs: Infinity, callMs: Infinity });
    const call = host.dial();
    await host.clock.advance(150_000);
    expect(limitsReached(call)).toEqual([]);
    expect(call.endedBy).toBeUndefined();
    call.hangUp();
  });
});
