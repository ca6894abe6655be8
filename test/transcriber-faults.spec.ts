import { describe, expect, it } from '@jest/globals';
import { type ElevenLabsFault, ScriptedAgent, type SimulatedCall } from '../src/testing/index.js';
import { ElevenLabsHost } from './support/elevenlabs-host.js';

type ScribeFault = Extract<ElevenLabsFault, { where: 'scribe' }>['kind'];

const ASKED = ['where is my order', 'thank you very much'];
/** From the caller's last sample to the answer, at worst: the turn's end, the wait for its words, the voice, ms. */
const ANSWERED_WITHIN_MS = 4_000;

describe('when the transcriber fails in the middle of a call', () => {
  /** Two turns of a caller, the fault strikes in the first. @returns what the agent was told, and what was heard */
  async function twoTurns(fault: Omit<Extract<ElevenLabsFault, { where: 'scribe' }>, 'where'>) {
    let agent: ScriptedAgent | undefined;
    const host = await ElevenLabsHost.boot({
      agent: (clock) => (agent = new ScriptedAgent(clock, ['First answer.', 'Second answer.'])),
      transcribes: true,
      speed: 2,
    });
    const { clock, server, logs } = host;
    server.hears(...ASKED);
    server.fail({ where: 'scribe', ...fault });
    try {
      const call = host.dial();
      await call.connected;
      await clock.pass(1_000);
      const waits = [await answered(host, call, 1), await answered(host, call, 2)];
      return { agent, waits, logs, server };
    } finally {
      await host.close();
    }
  }

  /** The caller speaks, and hears the answer to it out. @returns ms from the last sample to the answer */
  async function answered(host: ElevenLabsHost, call: SimulatedCall, number: number): Promise<number> {
    const { clock, server } = host;
    const { startMs, durationMs } = call.speak(1_200);
    const endMs = startMs + durationMs;
    const begun = () => call.heard.find((stretch) => stretch.startMs > endMs);
    await host.until(`answer ${number}`, () => begun() !== undefined, 12_000);
    await host.until(`its end`, () => server.heard(call.heardBytes()).length >= number, 8_000);
    await clock.pass(1_500);
    return (begun()?.startMs ?? Infinity) - endMs;
  }

  it.concurrent.each<[string, { kind: ScribeFault; after?: number; times?: number; delayMs?: number }]>([
    ['its connection is lost in the middle of a word', { kind: 'cut', after: 52 }],
    ['it closes the connection', { kind: 'idle-1000', after: 1_500 }],
    ['it is too busy for a moment', { kind: 'rate-limited', after: 52 }],
    ['it has an error', { kind: 'transcriber-error', after: 52 }],
    ['its session is over', { kind: 'session-time-limit', after: 52 }],
    ['it is refused with 429 at first', { kind: '429' }],
    ['it is refused with 500 at first', { kind: '500' }],
    ['it does not answer the handshake at first', { kind: 'hang' }],
    ['its session begins late', { kind: 'session-delay', delayMs: 2_000 }],
    ['it answers twice', { kind: 'duplicate-commit' }],
    ['it talks nonsense', { kind: 'malformed-json', after: 52 }],
  ])('%s: both turns have their words and are answered', async (_, fault) => {
    const { agent, waits, server } = await twoTurns(fault);
    expect(server.struck).toBe(1);
    expect(agent?.turns.map(({ transcript }) => transcript)).toEqual(ASKED);
    for (const wait of waits) expect(wait).toBeLessThan(ANSWERED_WITHIN_MS);
  });

  it.concurrent(
    'it does not answer a commit: the turn has what was understood so far, and is answered',
    async () => {
      const { agent, waits, server } = await twoTurns({ kind: 'no-final' });
      expect(server.struck).toBe(1);
      expect(agent?.turns).toHaveLength(2);
      expect(agent?.turns[0]?.transcript).not.toBe('');
      expect(ASKED[0]).toContain(agent?.turns[0]?.transcript);
      for (const wait of waits) expect(wait).toBeLessThan(ANSWERED_WITHIN_MS);
    },
  );

  it.concurrent('it never answers: turns have no words, and are answered all the same', async () => {
    const { agent, waits } = await twoTurns({ kind: 'hang', times: Infinity });
    expect(agent?.turns.map(({ transcript }) => transcript)).toEqual(['', '']);
    for (const wait of waits) expect(wait).toBeLessThan(ANSWERED_WITHIN_MS);
  });

  // One after the other: a process has one log.
  it.each<[string, ScribeFault]>([
    ['its key is refused', '401'],
    ['its quota is used up', 'quota-exceeded'],
  ])('%s: turns have no words, are answered all the same, and the log says why', async (_, kind) => {
    const { agent, waits, logs } = await twoTurns({ kind, times: Infinity });
    expect(agent?.turns.map(({ transcript }) => transcript)).toEqual(['', '']);
    for (const wait of waits) expect(wait).toBeLessThan(ANSWERED_WITHIN_MS);
    expect(logs.filter((line) => line.includes('gave up'))).toHaveLength(1);
  });
});
