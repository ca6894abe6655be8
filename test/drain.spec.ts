import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CALL_CONTROL,
  CALL_RECORDS,
  type CallControl,
  type CallRecord,
  CLOCK,
  type Turn,
  TwilioVoiceModule,
  type TwilioVoiceOptions,
  VOICE,
  VoiceMetrics,
  type VoiceAgent,
} from '../src/index.js';
import {
  moduleTransport,
  readScript,
  ScriptedAgent,
  ScriptedVoice,
  SimulatedCall,
  VirtualClock,
} from '../src/testing/index.js';
import { CallOutcomes } from '../src/twilio/call-outcomes.js';
import { resolveOptions } from '../src/twilio-voice.options.js';
import { Host, type HostOptions } from './support/host.js';

const GOODBYE = 'We are closing now, so goodbye.';
const WORD_MS = 300;
/** Each lasts 1,800 ms. */
const SENTENCES = [
  'One is the first of them. ',
  'Two is said by Dr. Hill. ',
  'Three is the one behind it. ',
  'Four is not much of one. ',
  'Five is where it all ends.',
];
const SENTENCE_MS = 6 * WORD_MS;
const TALE = SENTENCES.join('');

let host: Host;
let closing: Promise<unknown> = Promise.resolve();
afterEach(async () => {
  closing = Promise.all([closing, host.module.close()]);
  await host.clock.advance(60_000);
  await closing;
});

type Drain = TwilioVoiceOptions['drain'];

const boot = async (drain: Drain = {}, options: Partial<HostOptions<ScriptedVoice>> = {}) => {
  host = await Host.boot({
    agent: (clock) => new ScriptedAgent(clock, [TALE]),
    settings: { drain: { goodbye: GOODBYE, ...drain }, ...options.settings },
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(options.voice === undefined ? {} : { voice: options.voice }),
    ...(options.providers === undefined ? {} : { providers: options.providers }),
  });
  return host;
};

/** The application begins to shut down; how long that took, once it is over, ms. */
function shutDown(): { tookMs?: number } {
  const result: { tookMs?: number } = {};
  const { clock } = host;
  const beganAt = clock.now();
  closing = host.module.close().then(() => (result.tookMs = clock.now() - beganAt));
  return result;
}

/** Words of which the caller heard the end, utterance by utterance. */
function heard(call: SimulatedCall): string[] {
  const lastMs = new Map<number, number>();
  for (const { utterance, ms } of readScript(call.heardBytes()))
    lastMs.set(utterance, Math.max(ms + 1, lastMs.get(utterance) ?? 0));
  return [...lastMs].map(([utterance, ms]) => {
    const words = host.voice.utterances[utterance - 1]?.text.split(/(?<=\s)/) ?? [];
    return words.slice(0, Math.floor((ms + 5) / WORD_MS)).join('');
  });
}

/** How much of each utterance was heard, ms. */
const heardMs = (call: SimulatedCall) => readScript(call.heardBytes()).length;

const ending = (call: SimulatedCall) =>
  host.events(call).flatMap((event) => (event.type === 'ended' ? [event.reason] : []));

/** A call in which the agent has told its tale for `ms`. */
async function toldFor(ms: number): Promise<SimulatedCall> {
  const call = host.dial();
  await host.clock.advance(1_000);
  call.speak(600);
  for (let waited = 0; heardMs(call) < ms; waited += 20) {
    if (waited > 20_000) throw new Error('the agent did not speak');
    await host.clock.advance(20);
  }
  return call;
}

describe('An application that shuts down', () => {
  it.each([200, 900, 1_500, 2_000, 2_900, 3_600, 4_400, 5_000, 6_300, 7_700, 8_800])(
    'lets a caller who has heard %i ms of an answer hear the sentence to its end, then goodbye, and no more',
    async (ms) => {
      await boot();
      const call = await toldFor(ms);
      const result = shutDown();
      await host.clock.advance(20_000);
      // What was sent counts: 140 ms or so more than was heard.
      const begun = [ms, ms + 200].map((sentMs) => Math.floor(sentMs / SENTENCE_MS) + 1);
      const tales = begun.map((count) => SENTENCES.slice(0, count).join(''));
      const [tale, ...more] = heard(call);
      expect(tales).toContain(tale);
      expect(more).toEqual([GOODBYE]);
      const words = `${tale} ${GOODBYE}`.split(/\s+/).length;
      expect(Math.abs(heardMs(call) - words * WORD_MS)).toBeLessThanOrEqual(20);
      expect(call.endedBy).toBe('hangup');
      expect(call.violations).toEqual([]);
      expect(ending(call)).toEqual(['drained']);
      expect(result.tookMs).toBeLessThan(7_000);
    },
  );

  it('without a grace period cuts it in the middle of a word: the control of the others', async () => {
    await boot({ graceMs: 0 });
    const call = await toldFor(900);
    const result = shutDown();
    await host.clock.advance(1_500);
    expect(heard(call)).toEqual(['One is the ']);
    expect(ending(call)).toEqual(['drained']);
    expect(result.tookMs).toBeLessThan(1_100);
  });

  it('cuts what is left when the grace period is over, and Twilio says goodbye', async () => {
    const voice = (clock: Host['clock']) => new ScriptedVoice(clock, { alignment: 'none' });
    await boot({ graceMs: 6_000 }, { voice });
    const call = await toldFor(900);
    const result = shutDown();
    await host.clock.advance(10_000);
    expect(heard(call)).toHaveLength(1);
    expect(heardMs(call)).toBeGreaterThan(5_000);
    expect(call.spoken).toEqual([GOODBYE]);
    expect(ending(call)).toEqual(['drained']);
    expect(result.tookMs).toBeLessThanOrEqual(6_000);
  });

  it('lets a voice without times finish its utterance where there is time enough', async () => {
    const voice = (clock: Host['clock']) => new ScriptedVoice(clock, { alignment: 'none' });
    await boot({}, { voice });
    const call = await toldFor(900);
    shutDown();
    await host.clock.advance(20_000);
    expect(heard(call)).toEqual([TALE, GOODBYE]);
  });

  it('begins no answer: a caller who waits for one hears goodbye', async () => {
    await boot(
      {},
      { agent: (clock) => new ScriptedAgent(clock, [{ tokens: TALE, firstTokenDelayMs: 4_000 }]) },
    );
    const call = host.dial();
    await host.clock.advance(1_000);
    call.speak(600);
    await host.clock.advance(3_000);
    shutDown();
    await host.clock.advance(8_000);
    expect(heard(call)).toEqual([GOODBYE]);
    expect(ending(call)).toEqual(['drained']);
  });

  it('says goodbye to a caller who is speaking once they have finished, and does not answer', async () => {
    await boot();
    const call = host.dial();
    await host.clock.advance(1_000);
    call.speak(3_000);
    await host.clock.advance(1_000);
    const result = shutDown();
    await host.clock.advance(2_000);
    expect(heard(call)).toEqual([]);
    await host.clock.advance(6_000);
    expect(heard(call)).toEqual([GOODBYE]);
    expect(result.tookMs).toBeLessThan(6_500);
  });

  it('does not wait for a caller who never stops speaking', async () => {
    await boot();
    const call = host.dial();
    await host.clock.advance(1_000);
    call.speak(60_000);
    await host.clock.advance(1_000);
    const result = shutDown();
    await host.clock.advance(10_000);
    expect(heard(call)).toEqual([GOODBYE]);
    expect(result.tookMs).toBeLessThan(8_000);
  });

  it('is interrupted by the caller as ever, and then says goodbye', async () => {
    await boot();
    const call = await toldFor(2_000);
    shutDown();
    call.speak(800);
    await host.clock.advance(10_000);
    const [tale = '', goodbye] = heard(call);
    expect(SENTENCES.slice(0, 2).join('').startsWith(tale)).toBe(true);
    expect(tale.length).toBeLessThan(SENTENCES.slice(0, 2).join('').length);
    expect(goodbye).toBe(GOODBYE);
    expect(call.clears).toHaveLength(1);
  });

  it('says nothing where the goodbye is empty', async () => {
    await boot({ goodbye: '' });
    const call = await toldFor(900);
    shutDown();
    await host.clock.advance(8_000);
    expect(heard(call)).toEqual([SENTENCES[0]]);
    expect([call.spoken, call.endedBy]).toEqual([[], 'hangup']);
  });

  it('has Twilio say goodbye where the voice cannot', async () => {
    const voice = (clock: Host['clock']) =>
      new ScriptedVoice(clock, (utterance) => (utterance === 1 ? {} : { failAfterMs: 0 }));
    await boot({}, { voice });
    const call = await toldFor(900);
    shutDown();
    await host.clock.advance(10_000);
    expect(heard(call)).toEqual([SENTENCES[0]]);
    expect([call.spoken, call.endedBy, ending(call)]).toEqual([[GOODBYE], 'hangup', ['drained']]);
  });

  it('stops a model that writes on and on', async () => {
    let written = 0;
    let aborted = false;
    const agent = (clock: Host['clock']): VoiceAgent => ({
      async *reply({ signal }: Turn) {
        signal.addEventListener('abort', () => (aborted = true));
        for (; !signal.aborted; written++) {
          yield 'This is yet one more of them. ';
          await new Promise<void>((resolve) => clock.after(400, resolve));
        }
      },
    });
    await boot({}, { agent });
    const call = await toldFor(3_000);
    shutDown();
    await host.clock.advance(2_500);
    const then = written;
    await host.clock.advance(10_000);
    expect([aborted, written]).toEqual([true, then]);
    expect(heard(call)[0]).toMatch(/^(This is yet one more of them\. )+$/);
    expect(heard(call)[1]).toBe(GOODBYE);
  });

  it('does not keep the caller waiting in silence for a sentence that is still being thought about', async () => {
    const agent = (clock: Host['clock']): VoiceAgent => ({
      async *reply() {
        yield 'Let me look that up. ';
        await new Promise<void>((resolve) => clock.after(8_000, resolve));
        yield 'There it is.';
      },
    });
    await boot({}, { agent });
    const call = await toldFor(900);
    const result = shutDown();
    await host.clock.advance(20_000);
    expect(heard(call)).toEqual(['Let me look that up. ', GOODBYE]);
    expect(call.heard.at(-1)?.startMs).toBeLessThan((call.heard.at(-2)?.endMs ?? NaN) + 500);
    expect([host.events(call).filter(({ type }) => type === 'failed'), ending(call)]).toEqual([
      [],
      ['drained'],
    ]);
    expect(result.tookMs).toBeLessThan(4_000);
  });

  it('waits for the rest of a sentence that has been begun', async () => {
    const agent = (clock: Host['clock']): VoiceAgent => ({
      async *reply() {
        yield 'It was written by Dr. ';
        await new Promise<void>((resolve) => clock.after(2_500, resolve));
        yield 'Hill. There it is.';
      },
    });
    await boot({}, { agent });
    const call = await toldFor(900);
    shutDown();
    await host.clock.advance(20_000);
    expect(heard(call)).toEqual(['It was written by Dr. Hill. ', GOODBYE]);
  });

  it.each<[string, (late: SimulatedCall) => boolean]>([
    ['whose webhook was answered', (late) => late.eventsOf('twiml').length === 1],
    ['whose socket is open', () => host.open.pending === 1],
  ])('takes no call any more, nor one %s: Twilio says goodbye', async (_, isSoFar) => {
    await boot();
    const call = await toldFor(900);
    const far = { delayMs: 200, jitterMs: 0 };
    const late = host.dial({ network: { down: far, up: far } });
    while (!isSoFar(late)) await host.clock.advance(5);
    expect(late.eventsOf('twiml')[0]?.detail).toContain('<Stream');
    expect(host.open.size).toBe(1);
    shutDown();
    const refused = host.dial();
    await host.clock.advance(500);
    expect(refused.endedBy).toBe('reject');
    expect(refused.events.some(({ detail }) => detail.includes('<Reject reason="busy"/>'))).toBe(true);
    expect(host.module.get(VoiceMetrics).snapshot().refusals.calls).toEqual({ draining: 1 });
    expect(host.open.hasRoom).toBe(false);
    await host.clock.advance(20_000);
    expect(late.stream?.received ?? []).toEqual([]);
    expect([late.spoken, late.endedBy]).toEqual([[GOODBYE], 'hangup']);
    expect(host.happened.size).toBe(1);
    expect(heard(call)).toEqual([SENTENCES[0], GOODBYE]);
  });

  it('lets a transfer that waits for the end of the sentence be made', async () => {
    const dialled: SimulatedCall[] = [];
    const made: string[] = [];
    const control: CallControl = {
      hangUp: () => Promise.resolve(false),
      transfer: (_, { to }) => {
        made.push(to);
        dialled[0]?.update(`<Response><Dial>${to}</Dial></Response>`);
        return Promise.resolve(true);
      },
    };
    await boot({}, { providers: () => [{ provide: CALL_CONTROL, useValue: control }] });
    const call = await toldFor(900);
    dialled.push(call);
    void host.registry.find(call.callSid)?.transfer({ to: '+4930123456' });
    const result = shutDown();
    await host.clock.advance(6_000);
    expect([made, ending(call), call.endedBy]).toEqual([['+4930123456'], ['transferred'], 'dial']);
    expect(heard(call)).toEqual([SENTENCES[0]]);
    expect(result.tookMs).toBeLessThan(5_000);
  });

  it('does not wait for a call that is between two streams, nor for a telephone network that does not answer', async () => {
    const never = new Promise<boolean>(() => undefined);
    const dialled: SimulatedCall[] = [];
    const control: CallControl = {
      hangUp: () => never,
      sendDigits: (_, keys) => {
        dialled[0]?.update(`<Response><Play digits="${keys}"/><Pause length="60"/></Response>`);
        return Promise.resolve(true);
      },
    };
    await boot({}, { providers: () => [{ provide: CALL_CONTROL, useValue: control }] });
    const call = host.dial();
    dialled.push(call);
    await host.clock.advance(500);
    host.registry
      .find(call.callSid)
      ?.sendDigits('1')
      .catch(() => undefined);
    await host.clock.advance(500);
    const other = await toldFor(900);
    const result = shutDown();
    await host.clock.advance(100);
    expect(ending(call)).toEqual(['drained']);
    await host.clock.advance(10_000);
    expect(heard(other)).toEqual([SENTENCES[0], GOODBYE]);
    expect(result.tookMs).toBeLessThan(9_000);
    call.hangUp();
  });

  it('leaves a call that was transferred at the last moment to Twilio, which takes a while to connect it', async () => {
    const dialled: SimulatedCall[] = [];
    const control: CallControl = {
      hangUp: () => Promise.resolve(false),
      transfer: (_, { to }) => {
        host.clock.after(800, () => dialled[0]?.update(`<Response><Dial>${to}</Dial></Response>`));
        return Promise.resolve(true);
      },
    };
    await boot({}, { providers: () => [{ provide: CALL_CONTROL, useValue: control }] });
    const call = await toldFor(900);
    dialled.push(call);
    void host.registry.find(call.callSid)?.transfer({ to: '+4930123456' });
    const result = shutDown();
    await host.clock.advance(10_000);
    expect([call.endedBy, call.spoken, ending(call)]).toEqual(['dial', [], ['transferred']]);
    expect(result.tookMs).toBeLessThan(5_000);
  });

  it.each([0, 200])(
    'does not wait to be asked about a call that Twilio has hung up, told so by REST in %i ms',
    async (ms) => {
      const dialled: SimulatedCall[] = [];
      const control: CallControl = {
        hangUp: () =>
          new Promise((resolve) => {
            dialled[0]?.hangUp();
            host.clock.after(ms, () => {
              resolve(true);
            });
          }),
      };
      await boot({ goodbye: '' }, { providers: () => [{ provide: CALL_CONTROL, useValue: control }] });
      const call = await toldFor(900);
      dialled.push(call);
      const result = shutDown();
      await host.clock.advance(10_000);
      expect([heard(call), ending(call)]).toEqual([[SENTENCES[0]], ['drained']]);
      expect(result.tookMs).toBeLessThan(2_500);
    },
  );

  it('takes no longer than the grace period, though neither REST answers nor Twilio asks', async () => {
    const control: CallControl = { hangUp: () => new Promise<boolean>(() => undefined) };
    const voice = (clock: Host['clock']) =>
      new ScriptedVoice(clock, (utterance) => (utterance === 1 ? { alignment: 'none' } : {}));
    await boot(
      { graceMs: 8_000 },
      { voice, providers: () => [{ provide: CALL_CONTROL, useValue: control }] },
    );
    const slow = await toldFor(900);
    const other = host.dial();
    await host.clock.advance(500);
    other.speak(2_500);
    await host.clock.advance(300);
    slow.stallUp(60_000);
    slow.stallDown(60_000);
    const result = shutDown();
    await host.clock.advance(5_900);
    expect([ending(slow), heard(other), ending(other)]).toEqual([[], [GOODBYE], ['drained']]);
    await host.clock.advance(10_000);
    expect(result.tookMs).toBeGreaterThan(6_000);
    expect(result.tookMs).toBeLessThanOrEqual(8_000);
  });

  it('waits until Twilio has asked about a call that was ended a moment before', async () => {
    const { clock, transport } = await boot();
    const later = { ...transport, post: transport.post };
    const call = host.dial({ transport: later });
    later.post = async (...request) => {
      await new Promise<void>((resolve) => clock.after(300, resolve));
      return transport.post(...request);
    };
    await host.clock.advance(1_000);
    void host.registry.find(call.callSid)?.hangUp();
    while (host.registry.size > 0) await host.clock.advance(1);
    const outcomes = host.module.get(CallOutcomes);
    expect(outcomes.pending).toEqual([call.callSid]);
    const pending = host.module.close().then(() => outcomes.pending);
    await host.clock.advance(500);
    expect(await pending).toEqual([]);
  });

  it('stores the record of each call before it has closed', async () => {
    const records: CallRecord[] = [];
    const providers = (clock: Host['clock']) => [
      {
        provide: CALL_RECORDS,
        useValue: {
          store: (record: CallRecord) =>
            new Promise<void>((resolve) =>
              clock.after(500, () => {
                records.push(record);
                resolve();
              }),
            ),
        },
      },
    ];
    await boot({}, { providers });
    await toldFor(900);
    await toldFor(900);
    const result = shutDown();
    while (result.tookMs === undefined) await host.clock.advance(20);
    expect(records.map(({ ended }) => ended)).toEqual(['drained', 'drained']);
    expect(records.every(({ turns }) => turns.length > 0)).toBe(true);
  });

  it('ends at once where there is no call', async () => {
    await boot();
    const result = shutDown();
    await host.clock.advance(0);
    expect(result.tookMs).toBe(0);
  });

  it('is told which option is wrong', () => {
    expect(() => resolveOptions({ drain: { graceMs: -1 } })).toThrow(/drain\.graceMs/);
    expect(() => resolveOptions({ drain: { grace: 1 } as Drain })).toThrow(/drain/);
  });
});

describe('What the agent injects', () => {
  it('lives until the sentence in flight has been heard', async () => {
    const clock = new VirtualClock();
    const story: string[] = [];
    @Injectable()
    class Orders implements OnModuleDestroy {
      onModuleDestroy() {
        story.push('orders are gone');
      }
    }
    @Module({ providers: [Orders], exports: [Orders] })
    class OrdersModule {}
    @Injectable()
    class OrderAgent implements VoiceAgent {
      readonly orders: Orders;
      constructor(@Inject(Orders) orders: Orders) {
        this.orders = orders;
      }
      onCallStart = () => 'This is all there is to be said.';
      reply = () => '';
      onCallEnd() {
        story.push('call is over');
      }
    }
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: OrderAgent,
          imports: [OrdersModule],
          drain: { goodbye: '' },
          conversation: { disclosure: '' },
          providers: [
            { provide: CLOCK, useValue: clock },
            { provide: VOICE, useValue: new ScriptedVoice(clock) },
          ],
        }),
      ],
    }).compile();
    await module.init();
    const call = new SimulatedCall({ clock, transport: moduleTransport(module) });
    call.dial('http://127.0.0.1:3000/voice/incoming');
    await clock.advance(1_000);
    const closed = module.close();
    await clock.advance(500);
    expect(story).toEqual([]);
    await clock.advance(10_000);
    await closed;
    expect(story).toEqual(['call is over', 'orders are gone']);
    expect(readScript(call.heardBytes())).toHaveLength(8 * WORD_MS);
  });
});
