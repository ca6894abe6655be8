import { describe, expect, it } from '@jest/globals';
import { of, throwError } from 'rxjs';
import { type CallEvent, NOT_RECORDED, type Reply, type Turn, type VoiceAgent } from '../../index.js';
import { agentSaid, agentWasCut, callerSaid, turn } from './turn.js';
import { FakeCall } from './fake-call.js';
import { greetingOf, replyOf } from './reply-of.js';

const agentOf = (reply: (turn: Turn) => Reply): VoiceAgent => ({ reply });

async function* pieces(...texts: string[]) {
  for (const text of texts) {
    await Promise.resolve();
    yield text;
  }
}

describe('a turn', () => {
  it('is complete without anything given', () => {
    const { transcript, durationMs, history, call, signal, confirmed } = turn();
    expect({ transcript, durationMs, history }).toEqual({
      transcript: '',
      durationMs: 300,
      history: [callerSaid('')],
    });
    expect(call.parameters).toEqual({ from: '+15005550001', to: '+15005550006', direction: 'inbound' });
    expect(call.callSid).toMatch(/^CA[0-9a-f]{32}$/);
    expect(signal.aborted).toBe(false);
    expect(confirmed).toBeUndefined();
  });

  it('ends its history with the caller’s words, as in a real call', () => {
    const before = [agentSaid('Hello.'), callerSaid('Hi.'), agentWasCut('How can I', 'help you?')];
    const { history, call, durationMs } = turn({ transcript: 'Where is it?', history: before });
    expect(history).toEqual([...before, callerSaid('Where is it?')]);
    expect(call.history).toEqual(history);
    expect(durationMs).toBe(900);
  });

  it('keeps the history it was asked with, whatever is said later', async () => {
    const { history, call } = turn({ transcript: 'Hi.' });
    await call.say('Hello.');
    expect(history).toHaveLength(1);
    expect(call.history).toHaveLength(2);
  });

  it('goes on with the call of an earlier one: what was answered is history', async () => {
    const first = turn({ transcript: 'One?' });
    await replyOf(
      agentOf(() => 'Two.'),
      first,
    );
    const second = turn({ transcript: 'And then?', call: first.call });
    expect(second.history).toEqual([callerSaid('One?'), agentSaid('Two.'), callerSaid('And then?')]);
  });

  it('that is preemptive is confirmed when the test says so, and its words are remembered then', async () => {
    const { confirmed, confirm, call, history } = turn({ transcript: 'Cancel it.', preemptive: true });
    let isConfirmed = false;
    void confirmed?.then(() => (isConfirmed = true));
    await Promise.resolve();
    expect({ isConfirmed, remembered: call.history, history }).toEqual({
      isConfirmed: false,
      remembered: [],
      history: [callerSaid('Cancel it.')],
    });
    confirm();
    confirm();
    await confirmed;
    expect(call.history).toEqual([callerSaid('Cancel it.')]);
  });

  it('that is preemptive is never confirmed once the caller has gone on', async () => {
    const { confirmed, confirm, interrupt, call, signal } = turn({ preemptive: true });
    let isConfirmed = false;
    void confirmed?.then(() => (isConfirmed = true));
    interrupt();
    confirm();
    await Promise.resolve();
    expect({ isConfirmed, isAborted: signal.aborted, history: call.history }).toEqual({
      isConfirmed: false,
      isAborted: true,
      history: [],
    });
  });
});

describe('replyOf', () => {
  const kinds: [string, () => Reply][] = [
    ['a string', () => 'Yes, of course.'],
    ['a Promise', () => Promise.resolve('Yes, of course.')],
    ['an async iterable', () => pieces('Yes, ', '', 'of course.')],
    ['an Observable', () => of('Yes, ', 'of course.')],
  ];
  it.each(kinds)('gives the text of %s', async (_, reply) => {
    await expect(replyOf(agentOf(reply), turn())).resolves.toBe('Yes, of course.');
  });

  const failures: [string, () => Reply][] = [
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
    ['errs', () => throwError(() => new Error('no database'))],
  ];
  it.each(failures)('rejects with what the agent %s', async (_, reply) => {
    await expect(replyOf(agentOf(reply), turn())).rejects.toThrow('no database');
  });

  it('rejects a piece that is no text', async () => {
    const wrong = agentOf(() => of(42 as unknown as string));
    await expect(replyOf(wrong, turn())).rejects.toThrow(
      "The agent's reply must consist of strings, but a piece was number",
    );
  });

  it('gives what was written until the caller interrupted, also when the agent fails of it', async () => {
    const asked = turn({ transcript: 'Tell me all.' });
    async function* reply({ signal }: Turn) {
      yield 'First, ';
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
        asked.interrupt();
      });
    }
    await expect(replyOf(agentOf(reply), asked)).resolves.toBe('First, ');
  });

  it('gives nothing of a turn that was interrupted before', async () => {
    const asked = turn();
    asked.interrupt();
    await expect(
      replyOf(
        agentOf(() => 'Too late.'),
        asked,
      ),
    ).resolves.toBe('');
  });
});

describe('the reply to a preemptive turn', () => {
  const agent = agentOf(() => 'It is on its way.');

  it('is remembered behind the words it answers, once they are confirmed', async () => {
    const { call, confirm, ...rest } = turn({ transcript: 'Where is it?', preemptive: true });
    await replyOf(agent, { call, ...rest });
    expect(call.history).toEqual([]);
    confirm();
    await rest.confirmed;
    expect(call.history).toEqual([callerSaid('Where is it?'), agentSaid('It is on its way.')]);
  });

  it('may wait for the confirmation before it does anything', async () => {
    const asked = turn({ transcript: 'Hang up.', preemptive: true });
    const careful = agentOf(async ({ confirmed, call }) => {
      await confirmed;
      await call.hangUp();
      return '';
    });
    const reply = replyOf(careful, asked);
    await Promise.resolve();
    expect(asked.call.hungUp).toBe(false);
    asked.confirm();
    await reply;
    expect(asked.call.hungUp).toBe(true);
  });
});

describe('greetingOf', () => {
  it('gives what the caller is greeted with, and the call remembers it', async () => {
    const call = new FakeCall({ parameters: { from: '+4930123456' } });
    const agent = { reply: () => '', onCallStart: () => pieces('Hello, ', 'Berlin.') };
    await expect(greetingOf(agent, call)).resolves.toBe('Hello, Berlin.');
    expect(call.history).toEqual([agentSaid('Hello, Berlin.')]);
  });

  it('is empty for an agent that does not greet', async () => {
    const call = new FakeCall();
    const silent = { reply: () => '', onCallStart: () => undefined };
    await expect(greetingOf(silent, call)).resolves.toBe('');
    await expect(greetingOf(agentOf(() => ''))).resolves.toBe('');
    expect(call.history).toEqual([]);
  });
});

describe('a fake call', () => {
  it('writes down what is done with it', async () => {
    const call = new FakeCall();
    await call.say(pieces('One ', 'moment.'), { language: 'de' });
    call.speakAs({ voice: 'anna' });
    call.interrupt();
    const report = { type: 'usage', usage: { kind: 'speech', characters: 3 } } as const;
    call.report(report);
    await call.sendDigits('12#');
    await call.transfer('sales');
    expect(call.said).toEqual([{ text: 'One moment.', voice: { language: 'de' } }]);
    expect(call.voices).toEqual([{ voice: 'anna' }]);
    expect(call.interruptions).toBe(1);
    expect(call.reports).toEqual([report]);
    expect(call.sentDigits).toEqual(['12#']);
    expect(call.transfers).toEqual(['sales']);
    expect({ endedBy: call.endedBy, hungUp: call.hungUp }).toEqual({ endedBy: 'transferred', hungUp: false });
  });

  it('is heard to the end, unless the test says otherwise', async () => {
    const whole = new FakeCall();
    expect(await whole.say('It is on its way.')).toMatchObject({
      ended: 'played',
      heardText: 'It is on its way.',
      unheardText: '',
      heardMs: 1_500,
    });
    const cut = new FakeCall({ hears: (text) => text.slice(0, 5) });
    expect(await cut.say('It is on its way.')).toMatchObject({
      ended: 'cut',
      heardText: 'It is',
      unheardText: 'on its way.',
      heardMs: 600,
      synthesizedMs: 1_500,
    });
    expect(cut.history).toEqual([agentWasCut('It is', 'on its way.')]);
  });

  it('refuses a hearing that is no beginning of what was said', async () => {
    const call = new FakeCall({ hears: () => 'Something else' });
    await expect(call.say('It is on its way.')).rejects.toThrow(
      'FakeCall: hears must return the beginning of "It is on its way."',
    );
  });

  it('rejects say with what the text fails of', async () => {
    await expect(new FakeCall().say(Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  });

  it('is over after hanging up, once', async () => {
    const call = new FakeCall();
    const events: CallEvent[] = [];
    call.events$.subscribe((event) => events.push(event));
    await call.hangUp();
    await call.hangUp();
    expect(events).toEqual([{ type: 'ended', reason: 'hung-up', atMs: 0 }]);
    expect(call.hungUp).toBe(true);
    await expect(call.say('Wait.')).rejects.toThrow('Nothing more can be said: the call is ending.');
    await expect(call.sensitive(() => 1)).rejects.toThrow('sensitive: the call is over.');
  });

  it('refuses transfers and keys with the error it was given, and goes on', async () => {
    const refusal = new Error('busy');
    const call = new FakeCall({ refusal });
    await expect(call.transfer('sales')).rejects.toBe(refusal);
    await expect(call.sendDigits('1')).rejects.toBe(refusal);
    expect({ transfers: call.transfers, endedBy: call.endedBy }).toEqual({
      transfers: ['sales'],
      endedBy: undefined,
    });
  });

  it('gives keys to a sensitive task alone, whose words it does not remember', async () => {
    const call = new FakeCall({ keys: '42', hears: (text) => text.slice(0, 6) });
    const digits: string[] = [];
    call.events$.subscribe((event) => {
      if (event.type === 'digit') digits.push(event.digit);
    });
    call.press('7');
    const collected = call.sensitive(async (keys) => {
      await call.say('Please key it in.');
      return keys.collect();
    });
    expect([call.isSensitive, call.wasSensitive]).toEqual([true, true]);
    call.press('11#');
    await expect(collected).resolves.toEqual({ digits: '4211', ended: 'finished' });
    expect(call.isSensitive).toBe(false);
    expect(call.history).toEqual([agentWasCut(NOT_RECORDED, NOT_RECORDED)]);
    expect(digits).toEqual(['7']);
  });

  it('lets a sensitive task wait for keys in virtual time', async () => {
    const call = new FakeCall();
    const collected = call.sensitive((keys) => keys.collect({ timeoutMs: 5_000 }));
    call.press('1');
    await call.clock.advance(5_000);
    await expect(collected).resolves.toEqual({ digits: '1', ended: 'timeout' });
  });

  it('ends a sensitive task’s wait with the call', async () => {
    const call = new FakeCall();
    const collected = call.sensitive((keys) => keys.collect());
    call.end('stop');
    await expect(collected).resolves.toEqual({ digits: '', ended: 'closed' });
  });
});
