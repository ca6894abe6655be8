import { afterEach, describe, expect, it } from '@jest/globals';
import type { CallEvent, Turn, VoiceAgent, VoiceCall } from '../src/index.js';
import type { EntryOf, ScaledClock, SimulatedCall } from '../src/testing/index.js';
import { ElevenLabsHost, type ElevenLabsHostOptions, KEY, VOICE_ID } from './support/elevenlabs-host.js';

const WORDS = 'the quick brown fox jumps over the lazy dog and runs into the dark forest again'.split(' ');
const LONG = Array.from(
  { length: 6 },
  (_, index) => `Sentence ${'ABCDEF'[index] ?? ''}: ${WORDS.join(' ')}.`,
).join(' ');

/** Writes a long answer word by word. */
class Writer implements VoiceAgent {
  readonly calls: VoiceCall[] = [];
  readonly aborts: number[] = [];
  readonly turns: Turn[] = [];
  writtenAt = 0;

  constructor(
    private readonly clock: ScaledClock,
    private readonly msPerWord = 50,
    private readonly text = LONG,
  ) {}

  onCallStart(call: VoiceCall): undefined {
    this.calls.push(call);
  }

  async *reply(turn: Turn) {
    this.turns.push(turn);
    turn.signal.addEventListener('abort', () => this.aborts.push(this.clock.now()));
    for (const word of this.text.split(/(?<= )/)) {
      if (turn.signal.aborted) return;
      yield word;
      await this.clock.pass(this.msPerWord);
    }
    this.writtenAt = this.clock.now();
  }
}

let host: ElevenLabsHost;
afterEach(() => host.close());

async function boot(
  options: Partial<ElevenLabsHostOptions> & { writer?: (clock: ScaledClock) => Writer } = {},
) {
  let agent: Writer | undefined;
  host = await ElevenLabsHost.boot({
    agent: (clock) => (agent = options.writer?.(clock) ?? new Writer(clock)),
    ...options,
  });
  if (agent === undefined) throw new Error('no agent was made');
  await host.until('the phrases', () => host.server.generations.length >= 3);
  host.server.journal.clear();
  return agent;
}

/** The caller says something, falls silent, and so takes a turn. */
async function speakAndWait(call: SimulatedCall, agent: Writer): Promise<void> {
  const turns = agent.turns.length;
  call.speak(500);
  await host.until('a turn', () => agent.turns.length > turns, 10_000);
}

const events = (call: SimulatedCall): readonly CallEvent[] => host.events.get(call.callSid) ?? [];
const messages = (): readonly EntryOf<'message-in'>[] => host.server.journal.of('message-in');
const sounding = (call: SimulatedCall) => events(call).filter(({ type }) => type === 'agent-sounding').length;

/** Every generation of which something was heard between the two times, as text. */
function heard(call: SimulatedCall, fromMs: number, toMs = host.clock.now()) {
  const bytes = call.stream?.playout.heardAudio(fromMs, toMs) ?? new Uint8Array(0);
  return host.server.heard(bytes);
}

describe('the ElevenLabs voice in a call', () => {
  it('is heard while the answer is still being written', async () => {
    const agent = await boot({ writer: (clock) => new Writer(clock, 100) });
    const call = host.dial();
    await call.connected;
    await speakAndWait(call, agent);
    await host.until('speech', () => sounding(call) > 0);
    await host.until('the end of writing', () => agent.writtenAt > 0);
    const audio = host.server.journal.sent().filter(({ kind }) => kind === 'audio');
    const soundedAt = events(call).find(({ type }) => type === 'agent-sounding')?.atMs ?? Infinity;
    expect(audio[0]?.atMs).toBeLessThan(agent.writtenAt - 3_000);
    expect(soundedAt).toBeLessThan(agent.writtenAt - 3_000);
    expect(heard(call, 0, agent.writtenAt)[0]?.text).toContain('Sentence A');
  });

  it('has its socket open before the first word, and one for the whole call', async () => {
    const agent = await boot({ writer: (clock) => new Writer(clock, 0, 'A short answer, no more.') });
    const call = host.dial();
    await host.until('the socket', () => host.server.journal.of('socket-open').length === 1);
    expect(messages()).toEqual([]);
    for (const turn of [1, 2, 3]) {
      await speakAndWait(call, agent);
      await host.until('an answer', () => sounding(call) === turn);
      await host.until(
        'its end',
        () => events(call).filter(({ type }) => type === 'agent-settled').length === turn,
      );
    }
    expect(host.server.journal.of('upgrade')).toHaveLength(1);
    const contexts = new Set(
      messages().map(({ message }) => (message as { context_id?: string }).context_id),
    );
    expect(contexts.size).toBe(3);
    expect(host.server.journal.warnings).toEqual([]);
    call.hangUp();
    await host.until('the socket to close', () => host.server.sockets === 0);
  });

  it('stops on a barge-in: clear, context and model at once, and no later byte of the answer', async () => {
    const agent = await boot({ speed: 1, server: { scenario: { speed: 2 } } });
    host.server.fail({ where: 'socket', kind: 'late-frames', messages: 20, times: 3 });
    const call = host.dial();
    await call.connected;
    await speakAndWait(call, agent);
    for (const round of [1, 2, 3]) {
      await host.until('speech', () => sounding(call) === round);
      await host.clock.pass(1_000);
      call.speak(600);
      await host.until('the clear', () => call.clearsSent.length === round);
    }
    await host.until('the next answer', () => sounding(call) === 4);
    await host.clock.pass(1_500);
    const closes = messages().filter(({ text }) => text.includes('close_context'));
    const late = (times: readonly number[]) =>
      median(call.clearsSent.map((clearAt, index) => Math.abs((times[index] ?? Infinity) - clearAt)));
    // Of three: a busy machine may hold up one.
    expect(late(closes.map(({ atMs }) => atMs))).toBeLessThan(50);
    expect(late(agent.aborts)).toBeLessThan(50);
    const sent = host.server.journal.sent().filter(({ kind }) => kind === 'audio');
    call.clearsSent.forEach((clearAt, index) => {
      const contextId = `u${index + 1}`;
      expect(sent.filter((entry) => entry.contextId === contextId && entry.atMs > clearAt + 50)).not.toEqual(
        [],
      );
      const after = heard(call, clearAt + 100);
      expect(after.map(({ generation }) => generation.contextId)).not.toContain(contextId);
      expect(after).not.toEqual([]);
    });
  }, 60_000);

  it('answers after six barge-ins in a row, while the cut contexts drain', async () => {
    const agent = await boot({
      server: { scenario: { speed: 0.7 } },
      writer: (clock) => new Writer(clock, 0),
    });
    const call = host.dial();
    await call.connected;
    await speakAndWait(call, agent);
    for (let round = 1; round <= 6; round++) {
      await host.until('speech', () => sounding(call) === round);
      await host.clock.pass(600);
      await speakAndWait(call, agent);
    }
    await host.until('the answer', () => sounding(call) === 7);
    await host.clock.pass(2_000);
    const from = events(call).findLast(({ type }) => type === 'agent-sounding')?.atMs ?? 0;
    expect(heard(call, from).map(({ text }) => text.slice(0, 10))).toEqual(['Sentence A']);
    expect(host.server.journal.sent().filter(({ kind }) => kind === 'error')).toEqual([]);
    expect(host.server.journal.of('upgrade').length).toBeGreaterThan(1);
    expect(call.clears).toHaveLength(6);
  });

  it('is asked for little more than is being heard', async () => {
    const text = Array.from({ length: 60 }, (_, index) => `This is sentence ${index} of a long answer.`).join(
      ' ',
    );
    const agent = await boot({ writer: (clock) => new Writer(clock, 0, text) });
    const call = host.dial();
    await call.connected;
    await speakAndWait(call, agent);
    await host.until('the end of writing', () => agent.writtenAt > 0);
    await host.clock.pass(1_000);
    const sent = messages().reduce(
      (sum, { message }) => sum + ((message as { text?: string }).text ?? '').length,
      0,
    );
    // 5 s of audio may wait, and 10 s be on their way, at 60 ms per character.
    expect(sent).toBeLessThan(300);
    await host.until('more of it', () => messages().length > 12);
    call.hangUp();
  });

  it('writes down what was heard of a cut answer, and what was not', async () => {
    const agent = await boot();
    const call = host.dial();
    await call.connected;
    await speakAndWait(call, agent);
    await host.until('speech', () => sounding(call) === 1);
    await host.clock.pass(2_000);
    await speakAndWait(call, agent);
    const entry = agent.turns[1]?.history.find(({ role }) => role === 'agent');
    const [truth] = heard(call, 0, call.clears[0]);
    if (entry?.role !== 'agent') throw new Error('no history');
    expect(entry.interrupted).toBe(true);
    expect(Math.abs(wordCount(entry.text) - wordCount(truth?.text ?? ''))).toBeLessThanOrEqual(1);
    expect(LONG.startsWith(entry.text)).toBe(true);
    expect(entry.unheard).not.toBe('');
  });

  it('speaks as call and utterance ask for', async () => {
    const agent = await boot({
      voice: { logging: false, settings: { stability: 0.5 }, textNormalization: 'on' },
      writer: (clock) => new Writer(clock, 0, 'Yes.'),
    });
    const call = host.dial();
    await host.until('a call', () => agent.calls.length === 1);
    const [line] = agent.calls;
    await line?.say('First.');
    line?.speakAs({ voice: 'bert', language: 'de-AT' });
    await line?.say('Zweitens.');
    await line?.say('Terzo.', {
      language: 'it',
      elevenlabs: {
        model: 'eleven_multilingual_v2',
        settings: { speed: 0.9 },
        pronunciation: [{ dictionaryId: 'd1', versionId: 'v1' }],
      },
    });
    call.hangUp();
    const [first, second, third] = host.server.journal.of('upgrade');
    expect(first).toMatchObject({
      path: `/v1/text-to-speech/${VOICE_ID}/multi-stream-input`,
      headers: { 'xi-api-key': KEY },
      query: {
        model_id: 'eleven_flash_v2_5',
        output_format: 'ulaw_8000',
        sync_alignment: 'true',
        auto_mode: 'true',
        inactivity_timeout: '180',
        enable_logging: 'false',
        apply_text_normalization: 'on',
      },
    });
    expect(second).toMatchObject({ path: expect.stringContaining('bert'), query: { language_code: 'de' } });
    expect(third?.query).toMatchObject({ model_id: 'eleven_multilingual_v2' });
    expect(third?.query).not.toHaveProperty('language_code'); // that model finds it out itself
    const inits = host.server.journal.received().filter(({ text }) => text === ' ');
    expect(inits.map(({ voice_settings: settings }) => settings)).toEqual([
      { stability: 0.5 },
      { stability: 0.5 },
      { stability: 0.5, speed: 0.9 },
    ]);
    expect(inits[2]?.['pronunciation_dictionary_locators']).toEqual([
      { pronunciation_dictionary_id: 'd1', version_id: 'v1' },
    ]);
  });

  it('is not harmed by settings that are wrong: who asked is told, and it speaks as before', async () => {
    const agent = await boot({ writer: (clock) => new Writer(clock, 0, 'Yes.') });
    const call = host.dial();
    await host.until('a call', () => agent.calls.length === 1);
    const [line] = agent.calls;
    if (line === undefined) throw new Error('no call');
    const wrong = { elevenlabs: { settings: { speed: 5 } } };
    expect(() => {
      line.speakAs(wrong);
    }).toThrow(/settings.speed/);
    await expect(line.say('Hello.', wrong)).rejects.toThrow(/settings.speed/);
    await expect(line.say('Hello.', { language: 'en_US' })).rejects.toThrow(/language: "en_US"/);
    const { heardText } = await line.say('Hello again.');
    expect(heardText).toBe('Hello again.');
    expect(heard(call, 0).map(({ generation }) => generation.voiceId)).toEqual([VOICE_ID]);
  });

  it('leaves the sockets of former voices', async () => {
    const agent = await boot({ writer: (clock) => new Writer(clock, 0, 'Yes.') });
    host.dial();
    await host.until('a call', () => agent.calls.length === 1);
    for (const voice of ['a', 'b', 'c', 'd']) {
      agent.calls[0]?.speakAs({ voice });
      await agent.calls[0]?.say(`Voice ${voice}.`);
    }
    await host.until('one socket', () => host.server.sockets === 1);
  });

  it('has a warm socket again after it left one that stalled', async () => {
    const agent = await boot({ writer: (clock) => new Writer(clock, 0, 'Yes.') });
    host.dial();
    await host.until('a call', () => agent.calls.length === 1);
    host.server.fail({ where: 'socket', kind: 'stall', after: 0, times: 2 });
    await agent.calls[0]?.say('This will take a moment.');
    await host.until('a warm socket', () => host.server.sockets === 1, 10_000);
  });

  it('is kept alive through a long silence', async () => {
    const agent = await boot({
      server: { scenario: { inactivityMs: 3_000 } },
      voice: { limits: { keepAliveMs: 1_000 } },
      writer: (clock) => new Writer(clock, 0, 'Still here.'),
    });
    const call = host.dial();
    await call.connected;
    await host.clock.pass(10_000);
    await speakAndWait(call, agent);
    await host.until('speech', () => sounding(call) === 1);
    expect(host.server.journal.of('upgrade')).toHaveLength(1);
    call.hangUp();
  });

  it('has a socket again when the server closed the idle one', async () => {
    await boot({ writer: (clock) => new Writer(clock, 0, 'Back again.') });
    host.server.fail({ where: 'socket', kind: 'close-idle', after: 1_000 });
    const call = host.dial();
    await host.until('two sockets', () => host.server.journal.of('socket-open').length === 2);
    expect(host.server.sockets).toBe(1);
    call.hangUp();
  });

  it('tells of a refused key once, by the name of the variable, and the line is answered', async () => {
    host = await ElevenLabsHost.boot({
      agent: () => ({ onCallStart: () => 'Hello.', reply: () => '' }),
      server: { apiKey: 'another key' },
    });
    await host.until('the error', () => host.logs.length > 0);
    const calls = [host.dial(), host.dial()];
    for (const call of calls) await host.until('speech', () => sounding(call) === 1);
    const told = host.logs.filter((line) => line.includes('ELEVENLABS_API_KEY'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/401 invalid_api_key/);
  });
});

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
const wordCount = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;
