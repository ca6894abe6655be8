import { afterEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  type AnsweredByEvent,
  CALL_CONTROL,
  type CallControl,
  type CallEvent,
  type CallStatusEvent,
  type HostEvent,
  OnCallEvent,
  type RecordingStatusEvent,
  type StreamStatusEvent,
  type TransferEvent,
  TwilioCallbacks,
  type VoiceCall,
} from '../src/index.js';
import { ScriptedAgent, seededRandom, type SimulatedCall, twilioSignature } from '../src/testing/index.js';
import { arrived, bootHost, closed, describeEachWay } from './support/each-way.js';
import { type AnyHost, AUTH_TOKEN } from './support/host.js';

const URL = 'https://voice.example.com/voice';
const CALL = {
  CallSid: 'CA0123456789abcdef0123456789abcdef',
  AccountSid: 'AC0123456789abcdef0123456789abcdef',
};
const COURSE = ['initiated', 'ringing', 'in-progress', 'completed'];

/** A provider of the host that listens; of several instances, in all of them. */
@Injectable()
class Listener {
  readonly statuses: CallStatusEvent[] = [];
  readonly others: HostEvent[] = [];
  readonly turns: { readonly event: CallEvent; readonly call: VoiceCall | undefined }[] = [];

  @OnCallEvent('call-status')
  onStatus(event: CallStatusEvent): void {
    this.statuses.push(event);
  }

  @OnCallEvent('stream-status', 'answered-by', 'recording-status', 'transfer')
  onOther(event: StreamStatusEvent | AnsweredByEvent | RecordingStatusEvent | TransferEvent): void {
    this.others.push(event);
  }

  @OnCallEvent('turn')
  async onTurn(event: CallEvent, call: VoiceCall | undefined): Promise<void> {
    this.turns.push({ event, call });
    await Promise.reject(new TypeError('the words of the caller'));
  }

  @OnCallEvent('call-status', 'agent-sounding')
  throwing(): void {
    throw new RangeError('a secret');
  }
}

let host: AnyHost;
afterEach(async () => {
  await closed(host);
});

async function boot(
  onStreamError: 'apologise' | 'hang-up' = 'apologise',
  hungUp: string[] = [],
  failure?: Error,
) {
  const control: Pick<CallControl, 'hangUp'> = {
    hangUp: (callSid) => {
      hungUp.push(callSid);
      return failure === undefined ? Promise.resolve(true) : Promise.reject(failure);
    },
  };
  const listener = new Listener();
  host = await bootHost({
    agent: (clock) => new ScriptedAgent(clock, ['A short answer.'], { greeting: 'Good morning.' }),
    providers: () => [
      { provide: Listener, useValue: listener },
      { provide: CALL_CONTROL, useValue: control },
    ],
    settings: { onStreamError },
  });
  return listener;
}

/** What Twilio posts. @returns the answer's status */
async function post(path: string, form: Record<string, string>, token?: string): Promise<number> {
  const url = `${URL}/${path}`;
  const all = { ...CALL, ...form };
  const headers = {
    'x-twilio-signature': twilioSignature(AUTH_TOKEN, url, all),
    ...(token === undefined ? {} : { 'i-twilio-idempotency-token': token }),
  };
  return (await host.transport.post(url, all, headers)).status;
}

const status = (sequence: number, callSid = CALL.CallSid) => ({
  CallSid: callSid,
  CallStatus: COURSE[sequence] ?? '',
  SequenceNumber: String(sequence),
  Surprise: 'kept',
});

describeEachWay('status callbacks of a call', () => {
  it('reach the methods of a provider, with every field that was sent', async () => {
    const listener = await boot();
    await post('status', { ...status(0), CallDuration: '' });
    await post('status', { ...status(1) });
    await host.clock.advance(10);
    expect(listener.statuses.map((event) => event.status)).toEqual(['initiated', 'ringing']);
    expect(listener.statuses[0]).toMatchObject({
      callSid: CALL.CallSid,
      sequence: 0,
      inferred: false,
      terminal: false,
      fields: { Surprise: 'kept', AccountSid: CALL.AccountSid },
    });
  });

  it('shuffled, repeated and lost 1,000 ways give the same calls of the handlers and the same end', async () => {
    const listener = await boot();
    const callbacks = host.module.get(TwilioCallbacks);
    const random = seededRandom(6);
    const results = new Set<string>();
    for (let way = 0; way < 1_000; way++) {
      const callSid = `CA${way.toString(16).padStart(32, '0')}`;
      const delivered = [0, 1, 2].filter(() => random() < 0.8).concat(3);
      const repeated = delivered.filter(() => random() < 0.3);
      const all = [...delivered, ...repeated]
        .map((sequence) => ({ sequence, order: random() }))
        .sort((a, b) => a.order - b.order);
      listener.statuses.length = 0;
      for (const { sequence } of all) {
        await post(
          'status',
          status(sequence, callSid),
          random() < 0.5 ? `${callSid}-${sequence}` : undefined,
        );
        if (random() < 0.3) await host.clock.advance(400);
      }
      await host.clock.advance(1_100);
      const told = listener.statuses.map((event) => `${event.callSid === callSid} ${event.status}`);
      results.add(`${told.join(', ')}; ${callbacks.statusOf(callSid)}`);
    }
    expect([...results]).toEqual([`${COURSE.map((each) => `true ${each}`).join(', ')}; completed`]);
  });

  it('are told as an Observable of the call, which completes with its end', async () => {
    await boot();
    const told: string[] = [];
    host.module
      .get(TwilioCallbacks)
      .of(CALL.CallSid)
      .subscribe({
        next: (event) => told.push(event.type === 'call-status' ? event.status : event.type),
        complete: () => told.push('complete'),
      });
    await post('status', status(0));
    await post('status', status(0, 'CAffffffffffffffffffffffffffffffff'));
    await arrived(host); // only states have an order between instances
    await post('answered-by', { AnsweredBy: 'human', MachineDetectionDuration: '2300' });
    await arrived(host);
    for (const sequence of [1, 2, 3]) await post('status', status(sequence));
    await host.clock.advance(10);
    expect(told).toEqual(['initiated', 'answered-by', 'ringing', 'in-progress', 'completed', 'complete']);
  });

  it('tell how long the call was in seconds, where Twilio counts minutes as well', async () => {
    const listener = await boot();
    await post('status', { CallStatus: 'completed', SequenceNumber: '0', Duration: '1', CallDuration: '42' });
    await host.clock.advance(10);
    expect(listener.statuses).toMatchObject([{ status: 'completed', terminal: true, durationS: 42 }]);
  });

  it('that come several times at once are told once', async () => {
    const listener = await boot();
    await Promise.all(Array.from({ length: 5 }, () => post('status', status(0), 'a token')));
    await Promise.all(Array.from({ length: 5 }, () => post('answered-by', { AnsweredBy: 'human' })));
    await host.clock.advance(10);
    expect([listener.statuses.length, listener.others.length]).toEqual([1, 1]);
  });

  it('whose end is never told are over after a day: nobody listens for ever', async () => {
    await boot();
    const callbacks = host.module.get(TwilioCallbacks);
    let over = false;
    callbacks.of(CALL.CallSid).subscribe({ complete: () => (over = true) });
    await host.clock.advance(23 * 3_600_000);
    await post('status', status(0, 'CAffffffffffffffffffffffffffffffff'));
    expect(over).toBe(false);
    await host.clock.advance(2 * 3_600_000);
    await post('status', status(0, 'CAeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'));
    await arrived(host);
    expect(over).toBe(true);
  });

  it('are answered before anybody is told, and a handler that throws harms nothing', async () => {
    const listener = await boot();
    expect(await post('status', status(0))).toBe(204);
    expect(listener.statuses).toEqual([]);
    await host.clock.advance(10);
    expect(listener.statuses).toHaveLength(1);
    expect(host.logs).toEqual(['Listener.throwing threw at call-status: RangeError']);
  });

  it.each([
    ['an unknown state', 'status', { CallStatus: 'on-the-moon', SequenceNumber: '0' }],
    ['no state', 'status', {}],
    ['an unknown event of a stream', 'stream-status', { StreamSid: 'MZ1', StreamEvent: 'stream-sang' }],
    ['no result', 'answered-by', {}],
    ['no recording', 'recording', { RecordingStatus: 'completed' }],
  ])('with %s are skipped, and told in the log once', async (_, path, form) => {
    const listener = await boot();
    expect(await post(path, form)).toBe(204);
    expect(await post(path, form)).toBe(204);
    await host.clock.advance(2_000);
    expect([...listener.statuses, ...listener.others]).toEqual([]);
    expect(host.logs).toHaveLength(host.asked); // once by each instance
  });
});

describeEachWay('other callbacks', () => {
  it.each<[string, string, Record<string, string>, object]>([
    [
      'answering machine detection',
      'answered-by',
      { AnsweredBy: 'machine_end_beep', MachineDetectionDuration: '4200' },
      { type: 'answered-by', answeredBy: 'machine_end_beep', detectionMs: 4_200 },
    ],
    [
      'a recording',
      'recording',
      {
        RecordingSid: 'RE1',
        RecordingStatus: 'completed',
        RecordingUrl: 'https://x/RE1',
        RecordingDuration: '12',
      },
      {
        type: 'recording-status',
        recordingSid: 'RE1',
        status: 'completed',
        url: 'https://x/RE1',
        durationS: 12,
      },
    ],
    [
      'a stream',
      'stream-status',
      { StreamSid: 'MZ1', StreamEvent: 'stream-error', StreamError: 'lost' },
      { type: 'stream-status', streamSid: 'MZ1', event: 'error', error: 'lost' },
    ],
    [
      'a transfer',
      'transferred',
      { DialCallSid: 'CA2', DialCallStatus: 'no-answer' },
      { type: 'transfer', result: 'no-answer', connected: false },
    ],
    [
      'a transfer to a queue',
      'transferred',
      { QueueResult: 'bridged', QueueTime: '12' },
      { type: 'transfer', result: 'bridged', connected: true },
    ],
  ])('of %s are told once, however often they come', async (_, path, form, expected) => {
    const listener = await boot();
    await post(path, form, 'a token');
    await post(path, form, 'a token');
    await host.clock.advance(15_000); // so late Twilio may try again
    await post(path, form, 'a token');
    await post(path, form);
    await host.clock.advance(10);
    expect(listener.others).toHaveLength(1);
    expect(listener.others[0]).toMatchObject({ callSid: CALL.CallSid, ...expected });
  });
});

describeEachWay('a callback that Twilio repeats', () => {
  it('is known by its token, though it was written anew, and another one by its own', async () => {
    const listener = await boot();
    const bridged = (QueueTime: string, token: string) =>
      post('transferred', { QueueResult: 'bridged', QueueTime }, token);
    await bridged('12', 'one');
    await arrived(host);
    await bridged('13', 'one');
    await arrived(host);
    await bridged('14', 'another');
    await host.clock.advance(10);
    const times = listener.others.map((event) => (event as TransferEvent).fields['QueueTime']);
    expect(times).toEqual(['12', '14']);
  });

  it('is late when its call has been over for ten minutes: then the call is forgotten', async () => {
    await boot();
    const callbacks = host.module.get(TwilioCallbacks);
    await post('status', { CallStatus: 'completed' });
    await host.clock.advance(9 * 60_000);
    await post('status', status(0, `CA${'1'.repeat(32)}`));
    await arrived(host);
    expect(callbacks.statusOf(CALL.CallSid)).toBe('completed');
    await host.clock.advance(2 * 60_000);
    await post('status', status(0, `CA${'2'.repeat(32)}`));
    await arrived(host);
    expect(callbacks.statusOf(CALL.CallSid)).toBeUndefined();
  });
});

describeEachWay('a stream that fails at Twilio', () => {
  it.each(['apologise', 'hang-up'] as const)(
    'ends at once, and its call as the options say: %s',
    async (how) => {
      const hungUp: string[] = [];
      await boot(how, hungUp);
      const call = host.dial();
      await host.clock.advance(2_500);
      call.streamError();
      await host.clock.advance(200);
      expect(host.events(call).at(-1)).toMatchObject({ type: 'ended', reason: 'stream-error' });
      expect(hungUp).toEqual(how === 'hang-up' ? [call.callSid] : []);
      await failed(call);
      await arrived(host);
      expect(hungUp).toHaveLength(how === 'hang-up' ? 1 : 0); // told again, nothing is done again
      call.hangUp();
      await host.clock.advance(100);
    },
  );

  const failed = (call: SimulatedCall, StreamError = '31921 closed by the server') =>
    post('stream-status', {
      CallSid: call.callSid,
      StreamSid: call.streams[0]!.streamSid,
      StreamEvent: 'stream-error',
      StreamError,
    });

  it('and cannot be hung up by REST is told in the log, without anybody’s words', async () => {
    await boot('hang-up', [], new RangeError(`a secret of ${CALL.CallSid}`));
    const call = host.dial();
    await host.clock.advance(2_500);
    call.streamError();
    await host.clock.advance(200);
    const complaint = 'A call whose stream failed could not be hung up by REST: RangeError';
    expect(host.logs.filter((line) => line.includes('REST'))).toEqual([complaint]);
    await host.clock.advance(20_000);
    expect([call.endedBy, call.spoken.length]).toEqual(['hangup', 1]); // the verb behind the stream apologised
  });

  it('is hung up also when its connection had broken before', async () => {
    const hungUp: string[] = [];
    await boot('hang-up', hungUp);
    const call = host.dial();
    await host.clock.advance(2_500);
    call.dropSocket();
    await host.clock.advance(200);
    expect(hungUp).toEqual([call.callSid]);
  });

  it('only because we closed it is none: the last word is heard', async () => {
    const hungUp: string[] = [];
    await boot('hang-up', hungUp);
    const call = host.dial();
    await host.clock.advance(2_500);
    host.streams[0]!.close('limit');
    await host.clock.advance(100);
    await failed(call);
    await host.clock.advance(20_000);
    expect(hungUp).toEqual([]);
    expect(call.spoken).toEqual([expect.stringMatching(/we have to end this call/)]);
  });
});

describeEachWay('events of a call', () => {
  it('reach the methods of a provider with their call', async () => {
    const listener = await boot();
    const call = host.dial();
    await host.clock.advance(2_500);
    call.speak(800);
    await host.clock.advance(4_000);
    call.hangUp();
    await host.clock.advance(500);
    expect(listener.turns).toHaveLength(1);
    expect(listener.turns[0]?.call?.callSid).toBe(call.callSid);
    expect(host.logs).toContain('Listener.onTurn threw at turn: TypeError');
    expect(host.logs.join()).not.toMatch(/words of the caller|a secret/);
    expect(call.heard.length).toBeGreaterThanOrEqual(2); // greeting and answer, whatever throws
  });
});
