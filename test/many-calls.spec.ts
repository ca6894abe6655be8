import { describe, expect, it } from '@jest/globals';
import type { Reply, Turn, VoiceAgent, VoiceCall } from '../src/index.js';
import { readScript, seededRandom, type SimulatedCall } from '../src/testing/index.js';
import { Host } from './support/host.js';

const CALLS = 200;
const REPLY_WORDS = 3;

const tagOf = (from: string) => from.replace('+', 'caller');

/** Every word it says names the call it is meant for. */
class NamingAgent implements VoiceAgent {
  readonly turns: Turn[] = [];
  readonly ended: string[] = [];

  onCallStart(call: VoiceCall): Reply {
    return this.#words(call, 'greeting', 15);
  }

  reply(turn: Turn): Reply {
    this.turns.push(turn);
    return this.#words(turn.call, 'reply', REPLY_WORDS);
  }

  onCallEnd(call: VoiceCall): void {
    this.ended.push(call.callSid);
  }

  #words(call: VoiceCall, what: string, count: number): string {
    const word = (_: unknown, index: number) => `${tagOf(call.parameters.from!)}_${what}${index + 1}`;
    return Array.from({ length: count }, word).join(' ');
  }
}

describe('Two hundred calls at once', () => {
  it('each hear, interrupt and are remembered for themselves alone, and leave nothing behind', async () => {
    let agent!: NamingAgent;
    const host = await Host.boot({ agent: () => (agent = new NamingAgent()) });
    const { clock, registry, voice } = host;
    const random = seededRandom(2026);
    const calls: { call: SimulatedCall; startMs: number }[] = [];
    let most = 0;
    for (let index = 0; index < CALLS; index++) {
      const from = `+1500555${String(index).padStart(4, '0')}`;
      clock.after(random() * 500, () => {
        const call = host.dial({ from });
        clock.after(900 + random() * 1_200, () => {
          most = Math.max(most, registry.size);
          calls.push({ call, startMs: call.speak(600).startMs });
        });
      });
    }
    await clock.advance(5_500);
    expect([calls.length, most, registry.size]).toEqual([CALLS, CALLS, CALLS]);

    const delays = calls.map(({ call, startMs }) => call.onsetToSilenceMs(startMs));
    process.stdout.write(`${CALLS} calls, onset to silence: worst ${Math.max(...delays)} ms\n`);
    expect(Math.max(...delays)).toBeLessThanOrEqual(400);
    for (const { call } of calls) {
      const mine = new RegExp(`^(${tagOf(call.from)}_\\w+\\s*)+$`);
      const heard = readScript(call.heardBytes());
      const utterances = [...new Set(heard.map(({ utterance }) => utterance))];
      const texts = utterances.map((utterance) => voice.utterances[utterance - 1]!.text);
      expect(texts).toEqual([expect.stringMatching(mine), expect.stringMatching(mine)]);
      const { history } = registry.find(call.callSid)!;
      expect(history).toMatchObject([
        { role: 'agent', text: expect.stringMatching(mine), interrupted: true },
        { role: 'caller' },
        { role: 'agent', text: texts[1], interrupted: false },
      ]);
      const greetingMs = heard.filter(({ utterance }) => utterance === utterances[0]).length;
      const heardWords = history[0]!.text.split(/\s+/).filter((word) => word !== '').length;
      expect(Math.abs(heardWords - greetingMs / 300)).toBeLessThanOrEqual(1);
      expect(heard.length - greetingMs).toBe(REPLY_WORDS * 300);
      expect([call.clears.length, call.violations, call.eventsOf('error')]).toEqual([1, [], []]);
    }
    expect(new Set(agent.turns.map(({ call }) => call.callSid)).size).toBe(CALLS);
    const named = agent.turns.filter(({ history, call }) =>
      history[0]?.text.startsWith(tagOf(call.parameters.from!)),
    );
    expect(named).toHaveLength(CALLS);

    calls.forEach(({ call }, index) => {
      if (index % 2 === 0) call.hangUp();
      else call.dropSocket();
    });
    await clock.advance(12_000);
    expect([registry.size, host.open.size, host.open.pending, voice.active]).toEqual([0, 0, 0, 0]);
    expect(clock.pendingTimers).toBe(0);
    expect(new Set(agent.ended)).toEqual(new Set(calls.map(({ call }) => call.callSid)));
    expect(agent.ended).toHaveLength(CALLS);
    for (const { call } of calls) {
      const events = host.events(call);
      expect(events.filter(({ type }) => type === 'agent-settled')).toHaveLength(2);
      expect(events.at(-1)).toMatchObject({ type: 'ended' });
    }
    expect(voice.utterances).toHaveLength(2 * CALLS);
    expect(host.streams.map(({ state }) => state)).toEqual(host.streams.map(() => 'ended'));
    await host.module.close(); // would wait for a socket that is still open
  }, 120_000);
});
