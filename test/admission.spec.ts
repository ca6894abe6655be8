import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CALL_ADMISSION,
  CALLER_RATES,
  type ArrivingCall,
  type CallerRates,
  type TwilioVoiceOptions,
} from '../src/index.js';
import { type HttpAnswer, ScriptedAgent, type ScriptedVoice, twilioSignature } from '../src/testing/index.js';
import { bootHost, closed, describeEachWay } from './support/each-way.js';
import { type AnyHost, AUTH_TOKEN, type HostOptions } from './support/host.js';

const INCOMING = 'https://voice.example.com/voice/incoming';

let host: AnyHost;
afterEach(async () => {
  await closed(host);
});

async function boot(
  limits: TwilioVoiceOptions['limits'],
  options: Partial<HostOptions<ScriptedVoice>> = {},
): Promise<void> {
  const agent: HostOptions<ScriptedVoice>['agent'] = (clock) => new ScriptedAgent(clock, ['a short answer']);
  host = await bootHost({ agent, settings: { limits }, ...options });
}

/** What Twilio posts when a call comes in. */
function post(form: Record<string, string>): Promise<HttpAnswer> {
  const all = { From: '+15550100', To: '+15550101', Direction: 'inbound', CallStatus: 'ringing', ...form };
  const headers = { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, INCOMING, all) };
  return host.transport.post(INCOMING, all, headers);
}

/** What Twilio is answered when calls come in at the same time. */
async function webhooks(...forms: Record<string, string>[]): Promise<string[]> {
  const answered = Promise.all(forms.map(post));
  let areAnswered = false;
  void answered.then(() => (areAnswered = true));
  await host.clock.advanceUntil(() => areAnswered);
  const answers = await answered;
  expect(answers.map(({ status }) => status)).toEqual(forms.map(() => 200));
  return answers.map(({ body }) => body.replace(/^<\?xml[^>]*>/, ''));
}

const webhook = async (form: Record<string, string>): Promise<string> => (await webhooks(form))[0]!;

const BUSY = '<Response><Reject reason="busy"/></Response>';

describeEachWay('A caller over the rate', () => {
  const from = '+15550107';

  it('hears the busy signal, and nothing is opened for the call', async () => {
    let agent: ScriptedAgent | undefined;
    await boot(
      { callsPerCaller: { most: 2 } },
      { agent: (clock) => (agent = new ScriptedAgent(clock, ['a short answer'], { greeting: 'hello' })) },
    );
    const calls = [];
    for (let index = 0; index < 3; index++) {
      calls.push(host.dial({ from }));
      await host.clock.advance(1_000);
    }
    expect(calls.map(({ endedBy }) => endedBy)).toEqual([undefined, undefined, 'reject']);
    expect(calls[2]?.eventsOf('twiml')[0]?.detail).toContain(BUSY);
    expect(calls[2]?.streams).toEqual([]);
    expect(host.streams).toHaveLength(2);
    expect(agent?.calls).toHaveLength(2);
    expect(host.voice.utterances).toHaveLength(2);
    const other = host.dial({ from: '+15550108' });
    await host.clock.advance(1_000);
    expect(other.streams).toHaveLength(1);
    for (const call of [...calls, other]) call.hangUp();
  });

  it('is let in again as time goes on', async () => {
    await boot({ callsPerCaller: { most: 1, withinMs: 60_000 } });
    const attempt = async () => {
      const call = host.dial({ from });
      await host.clock.advance(1_000);
      call.hangUp();
      return call.endedBy;
    };
    expect([await attempt(), await attempt()]).toEqual(['caller', 'reject']);
    await host.clock.advance(57_000);
    expect(await attempt()).toBe('reject');
    await host.clock.advance(1_000);
    expect([await attempt(), await attempt()]).toEqual(['caller', 'reject']);
  });

  it('was not counted for a webhook that Twilio sent twice', async () => {
    await boot({ callsPerCaller: { most: 2 } });
    for (const CallSid of ['CA1', 'CA1', 'CA2', 'CA1'])
      expect(await webhook({ CallSid })).toContain('<Stream');
    expect(await webhook({ CallSid: 'CA3' })).toBe(BUSY);
  });

  it('has as many of several calls at the same time as may be, and Twilio may ask twice about each', async () => {
    await boot({ callsPerCaller: { most: 3 } });
    const sids = Array.from({ length: 18 }, (_, index) => `CA${index % 9}`);
    const answers = await webhooks(...sids.map((CallSid) => ({ CallSid })));
    const letIn = sids.filter((_, index) => answers[index] !== BUSY);
    expect([letIn.length, new Set(letIn).size]).toEqual([6, 3]);
  });

  it('is the same caller however the number is written', async () => {
    await boot({ callsPerCaller: { most: 1 } });
    expect(await webhook({ CallSid: 'CA1', From: '+1 (555) 01-00' })).toContain('<Stream');
    expect(await webhook({ CallSid: 'CA2', From: '+15550100' })).toBe(BUSY);
  });

  it('is counted by a store of the host’s own instead, which other instances may share', async () => {
    const asked: unknown[] = [];
    const take: CallerRates['take'] = (...question) => {
      asked.push(question);
      return Promise.resolve(false);
    };
    await boot({}, { providers: () => [{ provide: CALLER_RATES, useValue: { take } }] });
    expect(await webhook({ CallSid: 'CA1' })).toBe(BUSY);
    expect(asked).toEqual([['+15550100', 'CA1', { most: 10, withinMs: 600_000 }]]);
  });

  it('is not counted among those who withhold their number, who share a rate of their own', async () => {
    await boot({ callsPerCaller: { most: 1 }, withheldCalls: { most: 2 } });
    const answers = [];
    for (const [index, From] of ['+266696687', 'Anonymous', 'Restricted', '+15550100'].entries())
      answers.push(await webhook({ CallSid: `CA${index}`, From }));
    expect(answers.map((twiml) => twiml === BUSY)).toEqual([false, false, true, false]);
  });
});

/** Each instance has streams of its own, and others have room when it has none. */
describe('A host with as many streams as it may have', () => {
  it('answers the next call with the busy signal, until one of them is over', async () => {
    await boot({ maxStreams: 1, callsPerCaller: { most: 1 } });
    const first = host.dial({ from: '+15550107' });
    await host.clock.advance(1_000);
    expect(await webhook({ CallSid: 'CA1' })).toBe(BUSY);
    for (const answered of [{ Direction: 'outbound-api' }, { CallStatus: 'in-progress' }])
      expect(await webhook({ CallSid: 'CA2', ...answered })).toMatch(
        /^<Response><Say>.*Goodbye\.<\/Say><Hangup\/>/,
      );
    first.hangUp();
    await host.clock.advance(1_000);
    expect(await webhook({ CallSid: 'CA3' })).toContain('<Stream'); // the refused one did not count
  });
});

describeEachWay('The host’s own admission', () => {
  const admitting = (admit: (call: ArrivingCall) => unknown) => ({
    providers: () => [{ provide: CALL_ADMISSION, useValue: { admit } }],
  });

  it('may count what was spent today: a caller beyond that hears a sentence, and nothing is opened', async () => {
    let spent = 0;
    const say = 'We have talked enough for <today> & tomorrow\u0007 is another day.';
    await boot(
      {},
      admitting(() => (spent >= 2 ? { say } : true)),
    );
    host.registry.started$.subscribe(() => spent++);
    const calls = [host.dial(), host.dial()];
    await host.clock.advance(1_000);
    calls.push(host.dial());
    await host.clock.advance(10_000);
    expect(calls.map(({ endedBy }) => endedBy)).toEqual([undefined, undefined, 'hangup']);
    expect(calls[2]?.spoken).toEqual(['We have talked enough for <today> & tomorrow is another day.']);
    expect(calls[2]?.eventsOf('error')).toEqual([]);
    expect(host.streams).toHaveLength(2);
    for (const call of calls) call.hangUp();
  });

  it.each<[string, () => unknown, string]>([
    ['says no', () => false, 'reject'],
    ['throws', () => Promise.reject(new Error('the database is down')), 'hangup'],
    ['never answers', () => new Promise(() => undefined), 'hangup'],
  ])('that %s costs no stream', async (_, admit, end) => {
    await boot({}, admitting(admit));
    const call = host.dial();
    await host.clock.advance(15_000);
    expect(call.endedBy).toBe(end);
    expect(call.spoken).toEqual(
      end === 'reject' ? [] : [expect.stringMatching(/technical problem.*Goodbye/)],
    );
    expect(host.streams).toEqual([]);
    expect(host.logs.join()).not.toContain('the database is down');
  });

  it('that never answers may let the call in instead', async () => {
    await boot(
      { admission: { timeoutMs: 1_000, onFailure: 'admit' } },
      admitting(() => new Promise(() => undefined)),
    );
    const call = host.dial();
    await host.clock.advance(900);
    expect(call.streams).toEqual([]);
    await host.clock.advance(1_000);
    expect(call.streams).toHaveLength(1);
    call.hangUp();
  });
});
