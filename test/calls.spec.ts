import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { filter, type Subject } from 'rxjs';
import {
  BEFORE_DIAL,
  type BeforeDial,
  CallRecordings,
  type CallToPlace,
  DialRefusedError,
  NotAnnouncedError,
  TWILIO_CLIENT,
  TwilioCallbacks,
  TwilioCallError,
  TwilioCallsService,
  type TwilioVoiceOptions,
  type Turn,
} from '../src/index.js';
import {
  ScriptedAgent,
  ScriptedVoice,
  type SimulatedCall,
  twilioSignature,
  type VoiceScript,
} from '../src/testing/index.js';
import { arrived, bootHost, closed, describeEachWay } from './support/each-way.js';
import { type AnyHost, AUTH_TOKEN } from './support/host.js';
import { LocalTwilio } from './support/local-twilio.js';

const URL = 'https://voice.example.com/voice';
const CALLEE = '+4930123456';
const OUTBOUND = { from: '+15005550006', allowedPrefixes: ['+49', '+1'] };
const GREETING = 'Good morning, this is your bookshop.';

let host: AnyHost;
let twilio: LocalTwilio;
let agent: ScriptedAgent;
beforeEach(async () => {
  twilio = await LocalTwilio.start();
});
afterEach(async () => {
  await closed(host);
  twilio.close();
});

async function boot(
  settings: Omit<TwilioVoiceOptions, 'basePath'> = {},
  beforeDial?: BeforeDial['mayDial'],
  script: (utterance: number) => VoiceScript = () => ({}),
): Promise<TwilioCallsService> {
  host = await bootHost({
    voice: (clock) => new ScriptedVoice(clock, script),
    agent: (clock) => (agent = new ScriptedAgent(clock, ['A short answer.'], { greeting: GREETING })),
    settings: { outbound: OUTBOUND, transfers: { desk: { to: '+4930999' } }, ...settings },
    providers: () => [
      { provide: TWILIO_CLIENT, useValue: twilio.client },
      ...(beforeDial === undefined ? [] : [{ provide: BEFORE_DIAL, useValue: { mayDial: beforeDial } }]),
    ],
  });
  twilio.startedAt = host.clock.epoch();
  return host.module.get(TwilioCallsService);
}

/** Waits, in real time, for what goes over a real socket. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  const state = { over: false };
  const over = () => (state.over = true);
  promise.then(over, over);
  while (!state.over) {
    await host.clock.advance(20);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return promise;
}

const of = (path: RegExp) => twilio.requests.filter((request) => path.test(request.path));
const created = () => of(/\/Calls\.json$/);

/** The number that was called picks up. */
function pickUp(callSid: string): SimulatedCall {
  const { To: to = '', From: from = '', Url: url = '' } = created().at(-1)?.form ?? {};
  const call = host.dial({ callSid, from, to, direction: 'outbound-api' }, url);
  twilio.carries(call);
  return call;
}

/** What Twilio posts about a call. */
async function post(path: string, form: Record<string, string>): Promise<void> {
  const url = `${URL}/${path}`;
  const signature = twilioSignature(AUTH_TOKEN, url, form);
  await host.transport.post(url, form, { 'x-twilio-signature': signature });
}

describeEachWay('a call that the host places', () => {
  it('asks Twilio for exactly what is needed', async () => {
    const calls = await boot();
    await settled(calls.place({ to: CALLEE, machineDetection: 'start', parameters: { order: '4711' } }));
    expect(created()).toHaveLength(1);
    const { Url, ...form } = created()[0]!.form;
    expect(form).toEqual({
      To: CALLEE,
      From: OUTBOUND.from,
      Method: 'POST',
      StatusCallback: `${URL}/status`,
      StatusCallbackEvent: 'initiated ringing answered completed',
      Timeout: '30',
      TimeLimit: '1860',
      MachineDetection: 'Enable',
      AsyncAmd: 'true',
      AsyncAmdStatusCallback: `${URL}/answered-by`,
    });
    expect(Url).toMatch(/^https:\/\/voice\.example\.com\/voice\/outgoing\?context=[\w-]+$/);
    expect(Url).not.toContain('4711');
  });

  it('reaches the agent with what it was given, and its callbacks come from the first on', async () => {
    const calls = await boot();
    const placing = calls.place({ to: CALLEE, machineDetection: 'start', parameters: { order: '4711' } });
    await settled(placing);
    const { callSid, events$ } = await placing;
    const told: string[] = [];
    events$.pipe(filter(({ type }) => type !== 'stream-status')).subscribe({
      next: (event) => told.push(event.type === 'call-status' ? event.status : event.type),
      complete: () => told.push('complete'),
    });
    const status = (CallStatus: string, SequenceNumber: number) =>
      post('status', { CallSid: callSid, CallStatus, SequenceNumber: String(SequenceNumber) });
    await status('initiated', 0);
    await status('ringing', 1);
    const call = pickUp(callSid);
    await status('in-progress', 2);
    await host.clock.advance(1_000);
    await post('answered-by', { CallSid: callSid, AnsweredBy: 'human', MachineDetectionDuration: '900' });
    await host.clock.advance(3_000);
    call.speak(800);
    await host.clock.advance(4_000);
    const [turn] = agent.turns as [Turn];
    expect(turn.call.parameters).toEqual({
      from: OUTBOUND.from,
      to: CALLEE,
      direction: 'outbound-api',
      order: '4711',
    });
    expect(turn.history[0]).toMatchObject({ role: 'agent', text: GREETING });
    call.hangUp();
    await status('completed', 3);
    await host.clock.advance(100);
    expect(told).toEqual(['initiated', 'ringing', 'in-progress', 'answered-by', 'completed', 'complete']);
  });

  it('has a context of its own, however many are placed at once', async () => {
    const calls = await boot();
    const orders = ['4711', '4712', '4713'].map((order) => ({
      to: `+493000${order}`,
      parameters: { order },
    }));
    await settled(Promise.all(orders.map((order) => calls.place(order))));
    for (const { form } of created()) {
      const { From: from = '', To: to = '', Url: url = '' } = form;
      host.dial({ from, to, direction: 'outbound-api' }, url);
    }
    await host.clock.advance(1_000);
    const met = agent.calls.map(({ parameters: { to = '', order = '' } }) => ({ to, parameters: { order } }));
    expect(met.sort((a, b) => a.to.localeCompare(b.to))).toEqual(orders);
  });

  it('tells a callback that came before Twilio’s own answer', async () => {
    const calls = await boot();
    const callSid = `CA${'1'.padStart(32, 'c')}`;
    const placing = calls.place({ to: CALLEE });
    await arrived(host); // it is counted, and Twilio is asked
    await post('status', { CallSid: callSid, CallStatus: 'initiated', SequenceNumber: '0' });
    await settled(placing);
    const placed = await placing;
    expect(placed.callSid).toBe(callSid);
    const told: string[] = [];
    placed.events$.subscribe((event) => told.push(event.type));
    expect(told).toEqual(['call-status']);
  });

  it('that ended before Twilio’s own answer has told everything, and is complete', async () => {
    const calls = await boot();
    const callSid = `CA${'1'.padStart(32, 'c')}`;
    const placing = calls.place({ to: CALLEE });
    await arrived(host); // it is counted, and Twilio is asked
    for (const [sequence, CallStatus] of ['initiated', 'busy'].entries())
      await post('status', { CallSid: callSid, CallStatus, SequenceNumber: String(sequence) });
    await settled(placing);
    const told: string[] = [];
    (await placing).events$.subscribe({
      next: (event) => told.push(event.type === 'call-status' ? event.status : event.type),
      complete: () => told.push('complete'),
    });
    expect(told).toEqual(['initiated', 'busy', 'complete']);
  });

  it('leaves nobody listening once it is over, nor when Twilio refuses it', async () => {
    const calls = await boot();
    const isObserved = () =>
      host.instances.some(({ module }) => {
        const told = Reflect.get(module.get(TwilioCallbacks), 'told') as Subject<unknown>;
        return told.observed;
      });
    twilio.refusals.push({ status: 400, code: 21_211 });
    await settled(calls.place({ to: CALLEE }).catch(() => undefined));
    expect(isObserved()).toBe(false);
    const { callSid } = await settled(calls.place({ to: CALLEE }));
    expect(isObserved()).toBe(true);
    await post('status', { CallSid: callSid, CallStatus: 'completed' });
    await host.clock.advance(10);
    expect(isObserved()).toBe(false);
  });

  it('is the one that was allowed, whatever becomes of the object that described it', async () => {
    const calls = await boot({}, () => true);
    const timers = host.clock.pendingTimers;
    const call = { to: CALLEE, parameters: { order: '4711' } };
    const placing = calls.place(call);
    call.to = '+33123456789';
    await settled(placing);
    expect(created().map(({ form }) => form['To'])).toEqual([CALLEE]);
    expect(host.clock.pendingTimers).toBe(timers); // the host has answered
  });

  it('is connected by nobody who made its webhook up', async () => {
    await boot();
    const form = { CallSid: `CA${'0b'.repeat(16)}` };
    for (const context of ['', '?context=', '?context=AAAA', `?context=${'A'.repeat(80)}`]) {
      const url = `${URL}/outgoing${context}`;
      const headers = { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, url, form) };
      expect((await host.transport.post(url, form, headers)).status).toBe(403);
    }
  });
});

describeEachWay('a call that the host may not place', () => {
  const refused = async (calls: TwilioCallsService, call: CallToPlace): Promise<string> => {
    try {
      await calls.place(call);
      return 'placed';
    } catch (error) {
      expect(String(error)).not.toContain(call.to);
      return error instanceof DialRefusedError ? error.reason : String(error);
    }
  };

  it.each([
    ['no number', 'client:anna', 'not-a-number'],
    ['a number without its country', '030123456', 'not-a-number'],
    ['two numbers', '+4930123456,+4930123457', 'not-a-number'],
    ['a country that is not allowed', '+33123456789', 'not-allowed'],
    ['a premium number of an allowed country', '+19001234567', 'denied'],
  ])('%s: nothing is asked of Twilio', async (_, to, reason) => {
    const calls = await boot();
    expect(await refused(calls, { to })).toBe(reason);
    expect(twilio.requests).toEqual([]);
  });

  it.each([
    ['too long', { note: 'x'.repeat(500) }, /note is too long/],
    ['ours', { _token: 'x' }, /_token is reserved/],
  ])('with a parameter that is %s: it counts for nothing', async (_, parameters, message) => {
    const calls = await boot({ outbound: { ...OUTBOUND, callsPerNumber: { most: 1 } } });
    await expect(calls.place({ to: CALLEE, parameters })).rejects.toThrow(message);
    expect(twilio.requests).toEqual([]);
    expect(await settled(refused(calls, { to: CALLEE }))).toBe('placed');
  });

  it('any, as long as no prefix is allowed', async () => {
    const calls = await boot({ outbound: { from: OUTBOUND.from } });
    expect(await refused(calls, { to: CALLEE })).toBe('not-allowed');
    expect(twilio.requests).toEqual([]);
  });

  it('one number too often, and all numbers together too often', async () => {
    const hour = 3_600_000;
    const calls = await boot({
      outbound: {
        ...OUTBOUND,
        callsPerNumber: { most: 2, withinMs: hour },
        calls: { most: 3, withinMs: hour },
      },
    });
    const place = async (to: string) => {
      const placing = refused(calls, { to });
      await settled(placing);
      return placing;
    };
    expect(await place(CALLEE)).toBe('placed');
    expect(await place(CALLEE)).toBe('placed');
    expect(await place(CALLEE)).toBe('too-many-to-number');
    expect(await place('+4930123457')).toBe('placed');
    expect(await place('+4930123458')).toBe('too-many');
    expect(created()).toHaveLength(3);
    await host.clock.advance(hour);
    expect(await place(CALLEE)).toBe('placed');
  });

  it('of many at once that the host is asked about: no more are made than may be', async () => {
    const rate = { most: 2, withinMs: 60_000 };
    const answer = () =>
      new Promise<boolean>((resolve) =>
        host.clock.after(500, () => {
          resolve(true);
        }),
      );
    const calls = await boot({ outbound: { ...OUTBOUND, callsPerNumber: rate } }, answer);
    const placing = Promise.all(Array.from({ length: 5 }, () => refused(calls, { to: CALLEE })));
    await settled(placing);
    const results = (await placing).sort();
    expect(results).toEqual(['placed', 'placed', ...Array<string>(3).fill('too-many-to-number')]);
    expect(created()).toHaveLength(2);
  });

  it.each([
    ['that Twilio refuses: it does not count', { status: 400, code: 21_211 }, 'placed'],
    ['of which Twilio tells nothing: it counts', { status: 500, code: 20_500 }, 'too-many-to-number'],
  ])('one %s', async (_, refusal, next) => {
    const calls = await boot({ outbound: { ...OUTBOUND, callsPerNumber: { most: 1 }, calls: { most: 1 } } });
    twilio.refusals.push(refusal);
    const failed = calls.place({ to: CALLEE }).catch((error: unknown) => error);
    expect(await settled(failed)).toBeInstanceOf(TwilioCallError);
    expect(await settled(refused(calls, { to: CALLEE }))).toBe(next);
  });

  it('because of all others does not count for its number', async () => {
    const hour = 3_600_000;
    const calls = await boot({
      outbound: {
        ...OUTBOUND,
        callsPerNumber: { most: 2, withinMs: 24 * hour },
        calls: { most: 1, withinMs: hour },
      },
    });
    const place = (to: string) => settled(refused(calls, { to }));
    expect(await place('+4930123457')).toBe('placed');
    for (let tries = 0; tries < 3; tries++) expect(await place(CALLEE)).toBe('too-many');
    await host.clock.advance(hour);
    expect(await place(CALLEE)).toBe('placed');
  });

  it.each<[string, BeforeDial['mayDial'], string | RegExp]>([
    ['says no', () => false, 'BEFORE_DIAL did not allow the call.'],
    ['says why not', () => 'It is night there.', 'It is night there.'],
    ['throws', () => Promise.reject(new Error('database down')), 'BEFORE_DIAL failed.'],
    ['never answers', () => new Promise<boolean>(() => undefined), /did not answer within 3000 ms/],
  ])('because the host %s', async (_, mayDial, message) => {
    const calls = await boot({}, mayDial);
    const placing = calls.place({ to: CALLEE });
    const caught = placing.catch((error: unknown) => error);
    await host.clock.advance(3_100);
    const error = await caught;
    expect(error).toBeInstanceOf(DialRefusedError);
    expect((error as DialRefusedError).reason).toBe('refused-by-host');
    expect((error as DialRefusedError).message).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
    expect(twilio.requests).toEqual([]);
  });
});

describeEachWay('what Twilio refuses', () => {
  it.each([
    [400, 21211, 'refused'],
    [401, 20003, 'refused'],
    [429, 20429, 'busy'],
    [500, 20500, 'unavailable'],
    [503, 20503, 'unavailable'],
  ])('is told with its code: %d, %d', async (status, code, problem) => {
    const calls = await boot();
    twilio.refusals.push({ status, code });
    const error = await settled(calls.place({ to: CALLEE }).catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(TwilioCallError);
    expect(error).toMatchObject({ problem, code, status });
    expect(String(error)).not.toContain(CALLEE);
    expect(created()).toHaveLength(1); // a second try could be a second call
  });

  it('because the call is over is a success for hanging up, and an error for the rest', async () => {
    const calls = await boot();
    const gone = `CA${'9'.repeat(32)}`;
    twilio.refusals.push({ status: 404, code: 20404 }, { status: 404, code: 20404 });
    await settled(calls.hangUp(gone));
    const error = await settled(calls.transfer(gone, 'desk').catch((reason: unknown) => reason));
    expect(error).toMatchObject({ problem: 'gone', code: 20404 });
  });

  it('without an account is told before anything is asked', async () => {
    host = await bootHost({
      agent: (clock) => new ScriptedAgent(clock, ['Hello.']),
      settings: { outbound: OUTBOUND },
    });
    const calls = host.module.get(TwilioCallsService);
    await expect(settled(calls.place({ to: CALLEE }))).rejects.toMatchObject({ problem: 'not-configured' });
    await expect(calls.hangUp(`CA${'9'.repeat(32)}`)).rejects.toMatchObject({ problem: 'not-configured' });
  });
});

describeEachWay('a call that goes on', () => {
  async function connected(outbound: TwilioVoiceOptions['outbound'] = OUTBOUND) {
    const calls = await boot({ outbound });
    const call = host.dial();
    twilio.carries(call);
    await host.clock.advance(1_500);
    while (!twilio.requests.some(({ form }) => form['TimeLimit'] !== undefined))
      await new Promise((resolve) => setTimeout(resolve, 2));
    return { calls, call };
  }

  it.each([
    ['desk', '<Number>+4930999</Number>'],
    [{ to: '+15005550001' }, '<Number>+15005550001</Number>'],
    [{ to: 'sip:desk@example.com' }, '<Sip>sip:desk@example.com</Sip>'],
    [{ to: 'queue:support' }, '>support</Enqueue>'],
  ])('is transferred to %j, when what is being said has been heard', async (target, twiml) => {
    const { calls, call } = await connected();
    await settled(calls.transfer(call.callSid, target));
    const update = of(/\/Calls\/CA\w+\.json$/).find(({ form }) => form['Twiml'] !== undefined);
    expect(update?.form['Twiml']).toContain(twiml);
    const settledEvent = host.events(call).find(({ type }) => type === 'agent-settled');
    expect(settledEvent).toMatchObject({ account: { ended: 'played' } });
    await host.clock.advance(500);
    expect(host.events(call).at(-1)).toMatchObject({ type: 'ended', reason: 'transferred' });
    expect(of(/Streams/)).toEqual([]);
  });

  it('is not transferred to a number that the host may not call', async () => {
    const { calls, call } = await connected();
    await expect(calls.transfer(call.callSid, { to: '+33123456789' })).rejects.toThrow(DialRefusedError);
    expect(of(/./).some(({ form }) => 'Twiml' in form)).toBe(false);
    call.hangUp();
    await host.clock.advance(100);
  });

  it.each<[string, (call: SimulatedCall) => void, boolean]>([
    ['Twilio refused it', () => twilio.refusals.push({ status: 400, code: 21_211 }), true],
    ['the caller interrupted it', (call) => call.speak(800), true],
    ['Twilio did not say', () => twilio.refusals.push({ status: 500, code: 20_500 }), false],
  ])(
    'and was not transferred may be so again, where one call is allowed a day, only if that is sure: %s',
    async (_, fail, isFree) => {
      const { calls, call } = await connected({ ...OUTBOUND, calls: { most: 1 } });
      const transfer = () =>
        settled(calls.transfer(call.callSid, { to: '+15005550001' }).catch((reason: unknown) => reason));
      fail(call);
      expect(await transfer()).toBeInstanceOf(Error);
      await host.clock.advance(5_000);
      const again = await transfer();
      expect(again instanceof DialRefusedError ? again.reason : again).toBe(isFree ? undefined : 'too-many');
      call.hangUp();
      await host.clock.advance(100);
    },
  );

  it('is transferred to the number that was allowed, whatever becomes of the object that named it', async () => {
    const { calls, call } = await connected();
    const target = { to: '+15005550001' };
    const transferring = calls.transfer(call.callSid, target);
    target.to = '+33123456789';
    await settled(transferring);
    const [update] = of(/\/Calls\/CA\w+\.json$/).filter(({ form }) => 'Twiml' in form);
    expect(update?.form['Twiml']).toContain('<Number>+15005550001</Number>');
    await host.clock.advance(500);
  });

  it('and that Twilio refuses to transfer, or to press keys in, says so without its number', async () => {
    const { calls, call } = await connected();
    const attempts = [
      () => calls.transfer(call.callSid, { to: '+15005550001' }),
      () => calls.transfer(call.callSid, 'desk'),
      () => calls.sendDigits(call.callSid, '1'),
    ];
    for (const attempt of attempts) {
      twilio.refusals.push({ status: 400, code: 21_211 });
      const error = await settled(attempt().catch((reason: unknown) => reason));
      expect(error).toBeInstanceOf(TwilioCallError);
      expect(error).toMatchObject({ problem: 'refused', code: 21_211, status: 400 });
      expect(String(error)).not.toMatch(/\+\d/);
    }
    call.hangUp();
    await host.clock.advance(100);
  });

  it('and ends while it is between two streams is over at once', async () => {
    const { calls, call } = await connected();
    const pressing = calls.sendDigits(call.callSid, 'WWWWWWWW').catch((reason: unknown) => reason);
    while (host.streams[0]!.state !== 'ended') {
      await host.clock.advance(20);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(host.registry.find(call.callSid)).toBeDefined();
    await post('status', { CallSid: call.callSid, CallStatus: 'completed', SequenceNumber: '0' });
    await host.clock.advance(20);
    expect(host.registry.find(call.callSid)).toBeUndefined();
    expect(host.events(call).at(-1)).toMatchObject({ type: 'ended', reason: 'stop' });
    expect(await settled(pressing)).toBeInstanceOf(Error);
  });

  it('is hung up after the goodbye has been heard', async () => {
    const { call } = await connected();
    const line = host.registry.find(call.callSid);
    void line?.say('Goodbye then.');
    await settled(line?.hangUp() ?? Promise.resolve());
    const hangUp = of(/\/Calls\/CA\w+\.json$/).filter(({ form }) => form['Status'] === 'completed');
    expect(hangUp).toHaveLength(1);
    const heard = host.events(call).flatMap((event) => (event.type === 'history' ? [event.entry.text] : []));
    expect(heard).toEqual([GREETING, 'Goodbye then.']);
  });
});

describeEachWay('a recording', () => {
  async function connected(announcement: VoiceScript = {}) {
    await boot({}, undefined, (utterance) => (utterance === 1 ? {} : announcement));
    const call = host.dial();
    twilio.carries(call);
    await host.clock.advance(4_000); // the greeting is over
    return { call, recordings: host.module.get(CallRecordings) };
  }
  const asked = () => of(/Recordings/).map(({ path, form }) => [path.split('/').at(-1), form]);

  it('is never made unless it is asked for', async () => {
    const { call } = await connected();
    call.speak(800);
    await host.clock.advance(3_000);
    call.hangUp();
    await host.clock.advance(500);
    expect(asked()).toEqual([]);
    expect(twilio.requests.some(({ form }) => 'Record' in form)).toBe(false);
  });

  it('begins when the announcement has been heard, and is paused, resumed and stopped', async () => {
    const { call, recordings } = await connected();
    const start = recordings.start(call.callSid, { announcement: 'This call is recorded.' });
    await host.clock.advance(300);
    expect(asked()).toEqual([]);
    await settled(start);
    expect(asked()).toEqual([
      [
        'Recordings.json',
        {
          RecordingChannels: 'dual',
          RecordingStatusCallback: `${URL}/recording`,
          RecordingStatusCallbackEvent: 'in-progress completed absent',
        },
      ],
    ]);
    await settled(recordings.pause(call.callSid));
    await settled(recordings.resume(call.callSid));
    await settled(recordings.stop(call.callSid));
    expect(asked().slice(1)).toEqual([
      ['Twilio.CURRENT.json', { Status: 'paused', PauseBehavior: 'silence' }],
      ['Twilio.CURRENT.json', { Status: 'in-progress' }],
      ['Twilio.CURRENT.json', { Status: 'stopped' }],
    ]);
    const told: string[] = [];
    host.module
      .get(TwilioCallbacks)
      .of(call.callSid)
      .subscribe((event) => told.push(event.type));
    const recording = { RecordingSid: 'RE1', RecordingStatus: 'completed', RecordingDuration: '4' };
    await post('recording', { CallSid: call.callSid, ...recording });
    await host.clock.advance(10);
    expect(told).toEqual(['recording-status']);
    call.hangUp();
    await host.clock.advance(100);
  });

  it('does not begin when the call ends during the announcement', async () => {
    const { call, recordings } = await connected();
    const start = recordings
      .start(call.callSid, { announcement: 'This call is recorded, so that we can learn from it.' })
      .catch((error: unknown) => error);
    await host.clock.advance(800);
    call.hangUp();
    expect(await settled(start)).toBeInstanceOf(NotAnnouncedError);
    expect(asked()).toEqual([]);
  });

  it.each<[string, string, VoiceScript]>([
    ['says nothing', '', {}],
    ['is nothing but space', ' \n', {}],
    ['cannot be heard', 'This call is recorded.', { msPerWord: 0 }],
    ['cannot be said', 'This call is recorded.', { failAfterMs: 0 }],
  ])('does not begin with an announcement that %s', async (_, announcement, script) => {
    const { call, recordings } = await connected(script);
    const start = recordings.start(call.callSid, { announcement }).catch((error: unknown) => error);
    expect(await settled(start)).toBeInstanceOf(NotAnnouncedError);
    expect(asked()).toEqual([]);
    call.hangUp();
    await host.clock.advance(100);
  });

  it('does not begin when the caller speaks into the announcement', async () => {
    const { call, recordings } = await connected();
    const start = recordings
      .start(call.callSid, { announcement: 'This call is recorded, so that we can learn from it.' })
      .catch((error: unknown) => error);
    await host.clock.advance(800);
    call.speak(800);
    expect(await settled(start)).toBeInstanceOf(NotAnnouncedError);
    expect(asked()).toEqual([]);
    call.hangUp();
    await host.clock.advance(100);
  });

  it.each([{ waiver: '' }, { announcement: 'This call is recorded.' }])(
    'of a call that is not here needs a reason: %j',
    async (consent) => {
      const { call, recordings } = await connected();
      call.hangUp();
      await host.clock.advance(200);
      await expect(settled(recordings.start(call.callSid, consent))).rejects.toThrow(NotAnnouncedError);
      expect(asked()).toEqual([]);
    },
  );

  it('begins at once with a reason why no announcement is needed', async () => {
    const { call, recordings } = await connected();
    await settled(recordings.start(call.callSid, { waiver: 'announced by the queue' }));
    expect(asked()).toHaveLength(1);
    call.hangUp();
    await host.clock.advance(100);
  });
});
