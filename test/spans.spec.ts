import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { context, SpanStatusCode, trace, type TracerProvider } from '@opentelemetry/api';
import { z } from 'zod';
import type { Reply, VoiceTool } from '../src/index.js';
import {
  CALL_RECORDS,
  CALL_SCOPE,
  type CallWork,
  OnCallEvent,
  REDACTOR,
  TwilioVoiceModule,
  VoiceAgent,
} from '../src/index.js';
import { voiceTracing } from '../src/opentelemetry.js';
import { spanContextOf } from '../src/tracing/traceparent.js';
import {
  type CallUnderTest,
  provideTwilioVoiceTesting,
  simulateCall,
  type SimulateAgentOptions,
  VirtualClock,
} from '../src/testing/index.js';
import { ModelHost } from './support/model-host.js';
import { HostSdk, msOf, timesOf } from './support/spans.js';

const SETTINGS = {
  accountSid: `AC${'0'.repeat(32)}`,
  transfers: { desk: { to: '+4930123456' } },
  limits: { callMs: Infinity },
};
const LONG =
  'This is an answer that goes on for so long that everybody has to interrupt it some time or other.';
/** No more than that is between two moments that are one. */
const EXACT = 3;

const sdk = new HostSdk();
beforeAll(() => {
  sdk.start();
});
afterAll(() => {
  sdk.stop();
});
let simulated: CallUnderTest | undefined;
afterEach(async () => {
  await simulated?.close();
  simulated = undefined;
  sdk.reset();
});

let clock: VirtualClock;
const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

/** Writes word by word, from 300 ms after it was asked. */
@Injectable()
class Writer implements VoiceAgent {
  static greeting: string | undefined = 'Good morning.';
  static text = 'One two three.';
  static preemptive = false;
  static fails: 'at once' | 'later' | 'never' = 'never';

  get preemptive() {
    return Writer.preemptive;
  }

  onCallStart = (): Reply | undefined => {
    sdk.hostSpan('host.greeting').end();
    return Writer.greeting;
  };

  async *reply() {
    if (Writer.fails === 'at once') throw new RangeError('the caller said 4111');
    await pause(300);
    sdk.hostSpan('host.first').end();
    for (const word of Writer.text.split(/(?<=\s)/)) {
      yield word;
      await pause(10);
      sdk.hostSpan('host.word').end();
    }
    if (Writer.fails === 'later') throw new RangeError('the caller said 4111');
  }
}
afterEach(() => {
  Writer.greeting = 'Good morning.';
  Writer.text = 'One two three.';
  Writer.preemptive = false;
  Writer.fails = 'never';
});

async function called(options: SimulateAgentOptions = {}, tracing: Parameters<typeof voiceTracing>[0] = {}) {
  clock = new VirtualClock();
  simulated = await simulateCall(Writer, {
    clock,
    network: { down: { delayMs: 40 }, up: { delayMs: 40 } },
    callerSays: ['Where is my order?'],
    ...options,
    settings: { ...SETTINGS, ...options.settings },
    providers: [...voiceTracing({ tracerProvider: sdk, ...tracing }), ...(options.providers ?? [])],
  });
  return simulated;
}

/** The caller speaks, and the answer is heard to its end. */
async function exchange({ call }: CallUnderTest, ms = 800): Promise<void> {
  call.speak(ms);
  await clock.advance(ms + 4_500);
}

const of = <Type extends string>({ events }: CallUnderTest, type: Type) =>
  events.filter((event) => event.type === type) as Extract<
    CallUnderTest['events'][number],
    { readonly type: Type }
  >[];

describe('the spans of a call', () => {
  it('are one trace: the call, its turns, and in each the agent, the voice, and what was said', async () => {
    const under = await called();
    await clock.advance(2_500);
    await exchange(under);
    await exchange(under);
    await under.close();
    expect(sdk.spans.filter(({ instrumentationScope: { name } }) => name !== 'host').map((span) => sdk.path(span).join(' < ')).sort()).toEqual([
      ...Array<string>(2).fill('invoke_agent Writer < voice.turn < voice.call'),
      'voice.call',
      ...Array<string>(2).fill('voice.synthesis < voice.turn < voice.call'),
      ...Array<string>(2).fill('voice.turn < voice.call'),
      'voice.utterance < voice.call',
      ...Array<string>(2).fill('voice.utterance < voice.turn < voice.call'),
    ]); // prettier-ignore
    expect(new Set(sdk.spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    const { callSid, streamSid } = under.voiceCall;
    expect(sdk.one('voice.call').attributes).toMatchObject({
      'gen_ai.conversation.id': callSid,
      'twilio.voice.call_sid': callSid,
      'twilio.voice.stream_sid': streamSid,
      'twilio.voice.direction': 'inbound',
      'voice.call.turns': 2,
      'voice.call.interruptions': 0,
      'voice.call.end_reason': 'stop',
    });
    expect(sdk.spans.every(({ status }) => status.code === SpanStatusCode.UNSET)).toBe(true);
  });

  it.each([false, true])('have the times of what happened, in ms since 1970; preemptive: %s', async (preemptive) => {
    Writer.preemptive = preemptive;
    const under = await called({ voice: { firstChunkDelayMs: 150 }, callerSays: ['Hello there'] });
    await clock.advance(2_500);
    await exchange(under);
    await under.close();
    const at = (ms: number) => clock.epoch() - clock.now() + ms;
    const [turn] = of(under, 'turn');
    const step = (name: string) => of(under, 'answer').find((event) => event.step.step === name)?.atMs ?? NaN;
    const settled = of(under, 'agent-settled').find(({ answer }) => answer !== undefined);
    const lastSampleAtMs = turn?.lastSampleAtMs ?? NaN;

    const turnSpan = sdk.one('voice.turn');
    expect(Math.abs(timesOf(turnSpan).from - at(lastSampleAtMs))).toBeLessThanOrEqual(preemptive ? EXACT : 0.01);
    expect(timesOf(turnSpan).to).toBeCloseTo(at(settled?.atMs ?? NaN), 2);
    expect(turnSpan.attributes['voice.turn.endpointing_ms']).toBeCloseTo((turn?.atMs ?? NaN) - lastSampleAtMs, 2);
    expect(turnSpan.attributes['voice.turn.answer_latency_ms']).toBeCloseTo((settled?.account.firstHeardAtMs ?? NaN) - lastSampleAtMs, 2); // prettier-ignore
    expect(turnSpan.attributes['voice.turn.first_audio_ms']).toBeCloseTo(step('first-audio') - lastSampleAtMs, 2);
    expect(turnSpan.attributes['voice.turn.preemptive']).toBe(preemptive ? true : undefined);

    const agent = sdk.one('invoke_agent Writer');
    expect(timesOf(agent).from).toBeCloseTo(at(step('asked')), 2);
    expect(agent.attributes['gen_ai.response.time_to_first_chunk']).toBeCloseTo(0.3, 6);
    expect(timesOf(agent).to - timesOf(agent).from).toBeCloseTo(330, 1);
    const voice = sdk.one('voice.synthesis');
    expect(timesOf(voice).from).toBeCloseTo(at(step('first-text')), 2);
    expect(voice.attributes['voice.synthesis.first_audio_ms']).toBe(150);

    const utterance = sdk.named('voice.utterance').at(-1);
    expect(utterance?.attributes).toMatchObject({
      'voice.utterance.ended': 'played',
      'voice.utterance.heard_ms': 900,
      'voice.utterance.sent_ms': 900,
    });
  }); // prettier-ignore

  it('are linked to the webhook that connected the call, and it is not among the parameters', async () => {
    const webhook = sdk.hostSpan('POST /voice/incoming');
    const under = await context.with(trace.setSpan(context.active(), webhook), () => called());
    await under.close();
    webhook.end();
    expect(sdk.one('voice.call').links.map(({ context: of }) => [of.traceId, of.spanId])).toEqual([
      [webhook.spanContext().traceId, webhook.spanContext().spanId],
    ]);
    expect(sdk.one('voice.call').parentSpanContext).toBeUndefined();
    expect(Object.keys(under.voiceCall.parameters).sort()).toEqual(['direction', 'from', 'to']);
  });

  it('are linked to none where there was no span', async () => {
    const under = await called();
    await under.close();
    expect(sdk.one('voice.call').links).toEqual([]);
  });

  it.each([
    '',
    'x',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01\n`,
  ])('are linked to none by %j, which came from outside', (text) => {
    expect(spanContextOf(text)).toBeUndefined();
  });

  it('tell an interruption where it was made, with its figures', async () => {
    Writer.text = LONG;
    const under = await called();
    await clock.advance(2_500);
    under.call.speak(800);
    await clock.advance(4_000);
    const from = clock.now();
    under.call.speak(900);
    await clock.advance(6_000);
    await under.close();
    const cut = sdk.named('voice.utterance')[1];
    expect(cut?.attributes['voice.utterance.ended']).toBe('cut');
    const [event, ...others] = cut?.events ?? [];
    expect([event?.name, others]).toEqual(['voice.barge_in', []]);
    const [clearAt = NaN] = under.call.clearsSent;
    const told = of(under, 'caller-started').find(({ atMs }) => atMs > from);
    expect(event?.attributes).toMatchObject({
      'voice.barge_in.onset_to_clear_ms': (told?.atMs ?? NaN) - (told?.onsetAtMs ?? NaN),
      'voice.barge_in.fence_round_trip_ms': expect.any(Number),
      'voice.barge_in.lead_ms': expect.any(Number),
    });
    expect(msOf(event?.time ?? [0, 0])).toBeCloseTo(clock.epoch() - clock.now() + clearAt, 1);
    expect(event?.attributes?.['voice.barge_in.fence_round_trip_ms']).toBeCloseTo(80, 0);
    expect(sdk.named('voice.turn')[0]?.attributes['voice.turn.ended']).toBe('cut');
    expect(sdk.one('voice.call').attributes['voice.call.interruptions']).toBe(1);
  });

  it('tell of an answer that was begun in vain that it was', async () => {
    Writer.preemptive = true;
    const under = await called();
    await clock.advance(2_500);
    under.call.speak(800);
    await clock.advance(800 + 450); // it has begun, and the caller goes on
    await exchange(under);
    await under.close();
    const guesses = sdk.named('voice.guess');
    expect(guesses.length).toBeGreaterThan(0);
    const answers = sdk.named('invoke_agent Writer').map((span) => ({
      path: sdk.path(span),
      discarded: span.attributes['voice.answer.discarded'],
    }));
    expect(answers).toEqual([
      ...guesses.map(() => ({ path: ['invoke_agent Writer', 'voice.guess', 'voice.call'], discarded: true })),
      { path: ['invoke_agent Writer', 'voice.turn', 'voice.call'], discarded: undefined },
    ]);
    expect(timesOf(guesses[0]!).to).toBeLessThan(timesOf(sdk.one('voice.turn')).from);
  });

  it.each(['at once', 'later'] as const)(
    'of an agent that fails %s say so by its kind alone',
    async (fails) => {
      Writer.fails = fails;
      const under = await called();
      await clock.advance(2_500);
      await exchange(under);
      await under.close();
      for (const name of ['invoke_agent Writer', 'voice.turn'])
        expect(sdk.one(name)).toMatchObject({
          status: { code: SpanStatusCode.ERROR, message: 'RangeError' },
          attributes: { 'error.type': 'RangeError' },
        });
      for (const { status } of sdk.named('voice.synthesis')) expect(status.code).toBe(SpanStatusCode.UNSET);
      expect(sdk.named('voice.synthesis')).toHaveLength(fails === 'later' ? 1 : 0);
      expect(sdk.one('voice.call').status.code).toBe(SpanStatusCode.UNSET); // it went on
      expect(sdk.one('voice.call').events).toMatchObject([
        { name: 'voice.failure', attributes: { 'error.type': 'RangeError' } },
      ]);
      expect(JSON.stringify(sdk.spans.map(({ attributes, events, status }) => [attributes, events, status]))).not.toContain('4111'); // prettier-ignore
    },
  );

  it('of a voice that fails again and again are a failed call', async () => {
    Writer.greeting = undefined;
    const under = await called({ voice: { failAfterMs: 0, error: new TypeError('no') } });
    await clock.advance(500);
    await exchange(under);
    await under.close();
    expect(sdk.one('voice.synthesis').status.code).toBe(SpanStatusCode.ERROR);
    expect(sdk.one('invoke_agent Writer').status.code).toBe(SpanStatusCode.UNSET);
    expect(sdk.one('voice.call')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'voice.call.end_reason': 'failed', 'error.type': expect.any(String) },
    });
  });
});

describe('however a call ends', () => {
  const interrupted = async (under: CallUnderTest) => {
    under.voiceCall.interrupt();
    await clock.advance(500);
  };
  it.each<[string, SimulateAgentOptions, (under: CallUnderTest) => unknown]>([
    ['the caller hangs up in the middle of an answer', {}, ({ call }) => {
        call.hangUp();
      }],
    ['the host interrupts', {}, interrupted],
    ['the caller interrupts and hangs up', {}, ({ call }) => (call.speak(500), clock.advance(400))],
    ['the agent hangs up', {}, ({ voiceCall }) => Promise.all([voiceCall.hangUp(), clock.advance(20_000)])],
    ['the caller is transferred', {}, ({ voiceCall }) => Promise.all([voiceCall.transfer('desk'), clock.advance(40_000)])],
    ['keys are pressed, and the call returns', {}, ({ voiceCall }) => Promise.all([voiceCall.sendDigits('1'), clock.advance(40_000)])],
    ['the voice fails', { voice: { failAfterMs: 400 } }, () => clock.advance(8_000)],
    ['the voice stalls', { voice: { stallAfterMs: 400 } }, () => clock.advance(20_000)],
    ['the application drains', { settings: { drain: { graceMs: 2_000 } } }, () => undefined],
    ['the application closes at once', { settings: { drain: { graceMs: 0 } } }, () => undefined],
    ['the host says something more', {}, ({ voiceCall }) => (void voiceCall.say(LONG), clock.advance(300))],
    ['a sensitive task is running', {}, ({ voiceCall }) => (void voiceCall.sensitive(() => pause(60_000)), clock.advance(300))],
  ])('no span is left open: %s', async (_, options, what) => {
    for (const [index, when] of [100, 900, 1_700, 2_300, 4_000].entries()) {
      Writer.text = LONG;
      Writer.preemptive = index % 2 === 1;
      const under = await called(options);
      await clock.advance(1_500);
      under.call.speak(800);
      await clock.advance(when);
      await what(under);
      await under.close();
      await clock.advance(500);
      const ours = sdk.spans.filter(({ instrumentationScope: { name } }) => name !== 'host');
      const hosts = sdk.spans.length - ours.length;
      expect([index, sdk.started - hosts]).toEqual([index, ours.length]);
      expect(sdk.named('voice.call')).toHaveLength(1);
      const call = timesOf(sdk.one('voice.call'));
      for (const span of ours) {
        expect(timesOf(span).to).toBeGreaterThanOrEqual(timesOf(span).from);
        expect(timesOf(span).to).toBeLessThanOrEqual(call.to + 0.01);
      }
      simulated = undefined;
      sdk.reset();
    }
  }, 120_000); // prettier-ignore
});

@Injectable()
class Listener {
  @OnCallEvent('turn', 'digit')
  async onEvent() {
    await Promise.resolve();
    sdk.hostSpan('host.event').end();
  }
}

describe("the host's own spans", () => {
  it('are in those of the call: each step of the agent, handlers of events, the store of records', async () => {
    const store = () => {
      sdk.hostSpan('host.store').end();
    };
    const under = await called({
      providers: [Listener, { provide: CALL_RECORDS, useValue: { store } }],
    });
    await clock.advance(2_500);
    under.call.dtmf('1', 0);
    await exchange(under);
    await under.close();
    const AGENT = ['invoke_agent Writer', 'voice.turn', 'voice.call'];
    const paths = (name: string) => sdk.named(name).map((span) => sdk.path(span).slice(1));
    expect(paths('host.greeting')).toEqual([['voice.call']]);
    expect(paths('host.first')).toEqual([AGENT]);
    expect(paths('host.word')).toEqual([AGENT, AGENT, AGENT]);
    expect(paths('host.event')).toEqual([['voice.call'], ['voice.turn', 'voice.call']]);
    expect(paths('host.store')).toEqual([['voice.call']]);
  });

  it('are roots of their own without the tracing: this test can fail', async () => {
    clock = new VirtualClock();
    simulated = await simulateCall(Writer, { clock, settings: SETTINGS });
    await clock.advance(2_500);
    await exchange(simulated);
    expect(sdk.named('host.word').map((span) => sdk.path(span))).toEqual(Array(3).fill(['host.word']));
  });
});

describe('several agents', () => {
  @VoiceAgent({ parameter: { desk: 'sales' } })
  class Sales extends Writer {}
  @VoiceAgent()
  class Reception extends Writer {}

  it.each([
    ['with one for all other calls', { agent: Writer, agents: [Sales] }, 'Sales', {}],
    ['all of them decorated', { agents: [Sales, Reception] }, 'Sales', {}],
    ['with a name that the options give', { agents: [Sales, Reception] }, 'Switchboard', { agent: 'Switchboard' }],
  ])('are told apart in spans: %s', async (_, agents, name, tracing) => {
    clock = new VirtualClock();
    const module = TwilioVoiceModule.forRoot({
      publicUrl: 'https://voice.example.com',
      authToken: '0123456789abcdef',
      providers: [...provideTwilioVoiceTesting(), ...voiceTracing({ tracerProvider: sdk, ...tracing })],
      ...agents,
    });
    const app = Test.createTestingModule({ imports: [module] });
    const parameters = { desk: 'sales' };
    const under = await simulateCall(app, { clock, direction: 'outbound-api', parameters });
    simulated = under;
    await clock.advance(6_000);
    await exchange(under);
    await under.close();
    expect(sdk.one(`invoke_agent ${name}`).attributes['gen_ai.agent.name']).toBe(name);
  }); // prettier-ignore
});

describe('a tool of a model', () => {
  @Injectable()
  class LookUp implements VoiceTool<{ order: number }> {
    readonly name = 'look_up';
    readonly description = 'Looks an order up.';
    readonly input = z.object({ order: z.number() });

    async run({ order }: { order: number }): Promise<string> {
      await Promise.resolve();
      sdk.hostSpan('host.database').end();
      if (order === 13) throw new RangeError('no 13');
      return 'It is on its way.';
    }
  }

  it.each([
    [4711, undefined, SpanStatusCode.UNSET],
    [13, '_OTHER', SpanStatusCode.ERROR],
  ])('has a span in that of the agent, which tells what was used: order %i', async (order, error, code) => {
    const host = await ModelHost.boot({
      says: ['Where is my order?'],
      tools: [LookUp],
      providers: voiceTracing({ tracerProvider: sdk, provider: 'openai' }),
    });
    try {
      host.model.says({ toolCalls: [{ name: 'look_up', arguments: { order } }] }, 'It is on its way.');
      await host.dial();
      await host.exchange();
      await host.hangUp();
    } finally {
      await host.close();
    }
    const tool = sdk.one('execute_tool look_up');
    expect(sdk.path(sdk.one('host.database'))).toEqual(
      ['host.database', 'execute_tool look_up', 'invoke_agent OpenAiAgent', 'voice.turn', 'voice.call'], // prettier-ignore
    );
    expect([tool.status.code, tool.attributes['error.type']]).toEqual([code, error]);
    expect(tool.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'look_up',
      'gen_ai.tool.call.id': expect.any(String),
      'voice.tool.state': code === SpanStatusCode.ERROR ? 'failed' : 'succeeded',
    });
    const { attributes } = sdk.one('invoke_agent OpenAiAgent');
    expect(attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'OpenAiAgent',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
    });
    const call = sdk.one('voice.call').attributes;
    expect(call['voice.call.input_tokens']).toBeGreaterThan(0);
    expect(attributes['gen_ai.usage.input_tokens']).toBe(call['voice.call.input_tokens']);
    expect(attributes['gen_ai.usage.output_tokens']).toBe(call['voice.call.output_tokens']);
  });
});

describe('CALL_SCOPE', () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: [string, string | undefined][] = [];

  const when = () => seen.push(['when', storage.getStore()]) > 0;

  @VoiceAgent({ when })
  class Looker implements VoiceAgent {
    onCallStart() {
      seen.push(['start', storage.getStore()]);
      return undefined;
    }

    async *reply() {
      seen.push(['reply', storage.getStore()]);
      await pause(50);
      seen.push(['later', storage.getStore()]);
      yield 'Yes.';
      seen.push(['next', storage.getStore()]);
    }

    onDigit(): void {
      seen.push(['digit', storage.getStore()]);
    }

    onCallEnd(): void {
      seen.push(['end', storage.getStore()]);
    }
  }
  const callWith = async (run: (work: CallWork, task: () => void) => void, tracing = false) => {
    seen.length = 0;
    clock = new VirtualClock();
    simulated = await simulateCall(Looker, {
      clock,
      providers: [
        { provide: CALL_SCOPE, useValue: { run } },
        ...(tracing ? voiceTracing({ tracerProvider: sdk }) : []),
      ],
    });
    await clock.advance(500);
    simulated.call.dtmf('1', 0);
    await exchange(simulated);
    await simulated.close();
    return simulated.voiceCall.callSid;
  };
  const NAMES = ['when', 'start', 'digit', 'reply', 'later', 'next', 'end'];

  it.each([false, true])(
    "surrounds the host's code with whatever the host likes; with spans: %s",
    async (tracing) => {
      const callSid = await callWith(({ call }, task) => {
        storage.run(call.callSid, task);
      }, tracing);
      expect(seen).toEqual(NAMES.map((name) => [name, callSid]));
    },
  );

  it.each<[string, (work: CallWork, task: () => void) => void]>([
    ['throws before', () => { throw new Error('no'); }],
    ['throws behind', (_, task) => { task(); throw new Error('no'); }],
    ['calls nothing', () => undefined],
    ['calls twice', (_, task) => { task(); task(); }],
  ])('that %s costs the call nothing', async (_, run) => {
    await callWith(run);
    expect(seen.map(([name]) => name)).toEqual(NAMES);
  }); // prettier-ignore

  it('is told which answer the code belongs to', async () => {
    const works: (number | undefined)[] = [];
    await callWith(({ answer }, task) => {
      works.push(answer);
      task();
    });
    expect(works.filter((answer) => answer !== undefined)).toContain(1);
    expect(works[0]).toBeUndefined();
  });

  it('must have a method run', async () => {
    const wrong = { provide: CALL_SCOPE, useValue: {} };
    await expect(simulateCall(Looker, { providers: [wrong] })).rejects.toThrow(
      'CALL_SCOPE must have a method run',
    );
  });
});

describe('what was said', () => {
  const WORDS = /order|One two|Good morning|4930|15005550/i;
  const all = () => JSON.stringify(sdk.spans.map(({ name, attributes, events, status }) => [name, attributes, events, status])); // prettier-ignore

  it('is in no span, nor who said it, unless it is asked for', async () => {
    const under = await called({ from: '+4930123456' });
    await clock.advance(2_500);
    under.call.dtmf('4930', 100);
    await exchange(under);
    await under.close();
    expect(all()).not.toMatch(WORDS);
  });

  it('is among the attributes with `content`, as the redactor leaves it', async () => {
    const redactor = { redact: (text: string, place: string) => `${place}: ${text.replace('order', '…')}` };
    const under = await called({ providers: [{ provide: REDACTOR, useValue: redactor }] }, { content: true });
    await clock.advance(2_500);
    await exchange(under);
    await under.close();
    expect(sdk.one('voice.turn').attributes['voice.turn.transcript']).toBe('span: Where is my …?');
    expect(sdk.named('voice.utterance').at(-1)?.attributes['voice.utterance.heard']).toBe(
      'span: One two three.',
    );
  });

  it('in a sensitive task is not, with `content` either', async () => {
    Writer.greeting = undefined;
    const under = await called({}, { content: true });
    void under.voiceCall.sensitive(async () => {
      await under.voiceCall.say('Your order is secret.');
      await pause(4_000);
    });
    await clock.advance(2_500);
    await exchange(under);
    await under.close();
    expect(all()).not.toMatch(WORDS);
    expect(sdk.one('voice.turn').attributes['voice.turn.transcript']).toBe('(not recorded)');
  });
});

describe('voiceTracing', () => {
  it.each([
    [{ content: 'yes' }, 'voiceTracing: content: must be true or false'],
    [{ tracerProvider: {} }, 'voiceTracing: tracerProvider: must be a TracerProvider'],
    [{ agent: '' }, 'voiceTracing: agent:'],
    [{ unknown: 1 }, 'voiceTracing: options: Unrecognized key: "unknown"'],
  ])('refuses %j', (options, message) => {
    expect(() => voiceTracing(options as never)).toThrow(message);
  });

  const throws = () => {
    throw new RangeError('no');
  };
  it.each<[string, TracerProvider, () => unknown]>([
    ['makes no span', { getTracer: () => ({ startSpan: throws, startActiveSpan: throws }) }, () => undefined],
    ['has no context', sdk, () => jest.spyOn(context, 'with').mockImplementation(throws)],
  ])('costs a call nothing where the SDK %s, and says so once', async (_, tracerProvider, fail) => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    fail();
    const under = await called({}, { tracerProvider });
    await clock.advance(2_500);
    await exchange(under);
    expect(under.call.heardWords()).toMatch(/Good morning\. One two three\.$/);
    await under.close();
    expect(error.mock.calls.map(([line]) => String(line))).toEqual([
      'Spans of calls are incomplete: RangeError; more are not logged',
    ]);
    jest.restoreAllMocks();
  });

  it('does nothing where no SDK was started', async () => {
    clock = new VirtualClock();
    simulated = await simulateCall(Writer, { clock, providers: voiceTracing() });
    await clock.advance(2_500);
    await exchange(simulated);
    expect(of(simulated, 'agent-settled')).toHaveLength(2);
  });
});
