import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { z } from 'zod';
import { InterruptedError } from '../../call/interrupted-error.js';
import { StandardRedactor } from '../../call/redactor.js';
import type { CallReport, VoiceCall } from '../../call/voice-call.js';
import { VirtualClock } from '../../testing/index.js';
import type { HistoryEntry } from '../history.js';
import type { Turn } from '../voice-agent.js';
import { AgentTools } from './agent-tools.js';
import type { ConsentReply } from './consent.js';
import { type ToolUseOptions, toolUseOptions } from './tool-use.options.js';
import type { TurnTools } from './turn-tools.js';
import { ToolError, type ToolContext, type VoiceTool } from './voice-tool.js';

/** A tool that does what `does` says. */
const tool = (
  own: Partial<VoiceTool> & { does?: (input: unknown, context: ToolContext) => unknown } = {},
) => {
  const { does = () => 'done', ...rest } = own;
  return {
    name: 'thing',
    description: 'Does it.',
    input: z.object({ n: z.number().optional() }),
    run: jest.fn(does),
    ...rest,
  } satisfies VoiceTool;
};

const later = (clock: VirtualClock, ms: number, value: unknown = 'late') =>
  new Promise((resolve) => {
    clock.after(ms, () => {
      resolve(value);
    });
  });

/** A call of which only its history and its reports are looked at. */
class Caller {
  readonly clock = new VirtualClock();
  readonly history: HistoryEntry[] = [];
  readonly reports: CallReport[] = [];
  readonly tools: AgentTools;
  readonly call = {
    callSid: 'CA1',
    history: this.history,
    report: (report) => void this.reports.push(report),
  } as Partial<VoiceCall> as VoiceCall;

  constructor(tools: readonly VoiceTool[], options: Partial<ToolUseOptions> = {}) {
    this.tools = new AgentTools(tools, this.clock, toolUseOptions.parse(options), new StandardRedactor());
  }

  /** The caller says something, and the agent's answer begins. */
  says(transcript: string, own: Partial<Turn> = {}): Answer {
    this.history.push({ role: 'caller', text: transcript });
    return this.answer(transcript, own);
  }

  answer(transcript: string, own: Partial<Turn> = {}): Answer {
    const turn = {
      transcript,
      durationMs: 1_000,
      history: [...this.history],
      call: this.call,
      signal: new AbortController().signal,
      ...own,
    };
    return new Answer(this, this.tools.begin(turn));
  }

  hears(text: string, interrupted = false): void {
    this.history.push({ role: 'agent', text, unheard: '', interrupted });
  }

  get steps(): string[] {
    return this.reports.flatMap((report) =>
      report.type === 'tool' ? [`${report.tool.name} ${report.tool.state}`] : [],
    );
  }
}

class Answer {
  readonly said: string[] = [];
  completed = false;
  subscription: Subscription | undefined;

  constructor(
    readonly caller: Caller,
    readonly tools: TurnTools,
  ) {}

  /** The model calls tools; time passes. */
  async calls(
    calls: readonly (readonly [name: string, input?: unknown])[],
    ms = 10,
    written = 0,
  ): Promise<this> {
    this.completed = false;
    const requested = calls.map(([name, input = {}]) => ({
      name,
      arguments: typeof input === 'string' ? input : JSON.stringify(input),
    }));
    this.subscription = this.tools.run(requested, written).subscribe({
      next: (text) => this.said.push(text.trim()),
      complete: () => (this.completed = true),
    });
    await this.caller.clock.advance(ms);
    return this;
  }

  get results(): string[] {
    return (this.tools.rounds.at(-1) ?? []).map(({ result }) => result);
  }
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the tools of a turn', () => {
  it('are run together, and what they return is told in the order of the calls', async () => {
    const caller: Caller = new Caller([
      tool({ name: 'slow', does: () => later(caller.clock, 50, { a: 1 }) }),
      tool({ name: 'quick', does: () => undefined }),
    ]);
    const answer = await caller.says('go').calls([['slow'], ['quick']], 60);
    expect(answer.results).toEqual(['{"a":1}', 'Done.']);
    expect(answer.completed).toBe(true);
    expect(answer.tools.over).toBe(false);
    expect(caller.steps).toEqual(['slow started', 'quick started', 'quick succeeded', 'slow succeeded']);
    expect(caller.reports.at(-1)).toMatchObject({ tool: { id: 'call_1', durationMs: 50 } });
  });

  it.each<[string, [string, unknown?], RegExp, string]>([
    ['an unknown tool', ['nothing'], /^There is no such tool\.$/, 'nothing refused'],
    ['a tool of the prototype', ['constructor'], /^There is no such tool\.$/, 'constructor refused'],
    ['a name that is none', ['</Say><Dial>'], /^There is no such tool\.$/, 'unknown refused'],
    ['a name of several lines', ['thing\n[forged] line'], /^There is no such tool\.$/, 'unknown refused'],
    ['broken JSON', ['thing', '{"n": 1'], /^Not done: the arguments are not valid JSON\.$/, 'thing refused'],
    ['no object', ['thing', '"n"'], /not valid JSON/, 'thing refused'],
    ['a wrong input', ['thing', { n: 'one' }], /^Not done: the arguments are wrong: n: /, 'thing refused'],
    ['too much input', ['thing', { s: 'x'.repeat(30_000) }], /too long/, 'thing refused'],
    ['too deep an input', ['thing', `${'['.repeat(9_000)}${']'.repeat(9_000)}`], /deeply/, 'thing refused'],
  ])('are not run for %s, and the model is told so', async (_, call, told, step) => {
    const thing = tool();
    const caller = new Caller([thing]);
    const answer = await caller.says('go').calls([call]);
    expect(answer.results).toEqual([expect.stringMatching(told)]);
    expect(answer.completed).toBe(true);
    expect(thing.run).not.toHaveBeenCalled();
    expect(caller.steps).toEqual([step]);
    const [exchange] = answer.tools.rounds[0] ?? [];
    expect(exchange?.name).toMatch(/^[\w-]{1,64}$/);
    expect(() => JSON.parse(exchange?.arguments ?? '') as unknown).not.toThrow();
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('SELECT password');
      },
      'The tool failed.',
    ],
    [
      'throws no error',
      () => {
        throw null; // eslint-disable-line @typescript-eslint/only-throw-error
      },
      'The tool failed.',
    ],
    ['rejects', () => Promise.reject(new TypeError('x')), 'The tool failed.'],
    [
      'says why not',
      () => {
        throw new ToolError('The shop is closed.');
      },
      'The shop is closed.',
    ],
    [
      'returns a circle',
      () => {
        const a: unknown[] = [];
        a.push(a);
        return a;
      },
      'The tool ran, but its result cannot be told.',
    ],
    ['returns a function', () => () => 1, 'The tool ran, but its result cannot be told.'],
    ['returns too much', () => 'x'.repeat(10_000), `${'x'.repeat(4_000 - 14)} … [shortened]`],
  ])('that one %s is told in neutral words', async (_, does, told) => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const caller = new Caller([tool({ does })]);
    const answer = await caller.says('go').calls([['thing']]);
    expect(answer.results).toEqual([told]);
    expect(answer.completed).toBe(true);
    expect(JSON.stringify(error.mock.calls)).not.toContain('password');
  });

  it('are not run when their schema never ends', async () => {
    const endless = z.object({ n: z.number().refine(() => new Promise<boolean>(() => undefined)) });
    const thing = tool({ input: endless });
    const caller = new Caller([thing]);
    const answer = await caller.says('go').calls([['thing', { n: 1 }]], 5_010);
    expect(answer.results).toEqual(['The tool failed.']);
    expect(answer.completed).toBe(true);
    expect(thing.run).not.toHaveBeenCalled();
  });

  it('keep the caller waiting for no more than one schema, however many never end', async () => {
    const endless = z.object({ n: z.number().refine(() => new Promise<boolean>(() => undefined)) });
    const caller = new Caller([tool({ input: endless })]);
    const calls = Array.from({ length: 8 }, (_, n) => ['thing', { n }] as const);
    const answer = await caller.says('go').calls(calls, 5_010);
    expect(answer.completed).toBe(true);
  });

  it('that hang are given up, and their signal is aborted', async () => {
    let signal: AbortSignal | undefined;
    const caller = new Caller([
      tool({
        timeoutMs: 2_000,
        does: (_, context) => ((signal = context.signal), new Promise(() => undefined)),
      }),
    ]);
    const answer = await caller.says('go').calls([['thing']], 1_999);
    expect(answer.completed).toBe(false);
    expect(signal?.aborted).toBe(false);
    await caller.clock.advance(1);
    expect(answer.results).toEqual([expect.stringMatching(/did not finish in time/)]);
    expect(answer.completed).toBe(true);
    expect(signal?.aborted).toBe(true);
    expect(caller.clock.pendingTimers).toBe(0);
  });

  it('may be asked for so many times, and so many at once', async () => {
    const caller = new Caller([tool()], { rounds: 2 });
    const answer = caller.says('go');
    await answer.calls(Array.from({ length: 10 }, () => ['thing'] as const));
    expect(answer.results.filter((result) => result === 'done')).toHaveLength(8);
    expect(answer.results.at(-1)).toBe('Not done: too many tools at once.');
    expect(answer.tools.mayCall).toBe(true);
    await answer.calls([['thing']]);
    expect(answer.tools.mayCall).toBe(false);
  });

  it('wait until the turn is confirmed', async () => {
    const thing = tool();
    const caller = new Caller([thing]);
    let confirm: () => void = () => undefined;
    const confirmed = new Promise<void>((resolve) => (confirm = resolve));
    const answer = await caller.says('go', { confirmed }).calls([['thing']], 5_000);
    expect(thing.run).not.toHaveBeenCalled();
    expect(caller.reports).toEqual([]);
    confirm();
    await caller.clock.advance(10);
    expect(thing.run).toHaveBeenCalledTimes(1);
    expect(answer.completed).toBe(true);
  });

  it('are never run in an answer that is discarded before its turn is confirmed', async () => {
    const thing = tool();
    const caller = new Caller([thing]);
    let confirm: () => void = () => undefined;
    const confirmed = new Promise<void>((resolve) => (confirm = resolve));
    const answer = await caller.says('go', { confirmed }).calls([['thing']]);
    answer.subscription?.unsubscribe();
    confirm();
    await caller.clock.advance(1_000);
    expect(thing.run).not.toHaveBeenCalled();
    expect(answer.tools.rounds).toEqual([]);
  });

  it.each([
    ['cancel', 'cancelled', true, /^Cancelled, because the caller interrupted/],
    ['finish', 'succeeded', false, /^late$/],
  ] as const)(
    'that are to %s are %s when the caller interrupts',
    async (onInterrupt, state, aborted, told) => {
      let signal: AbortSignal | undefined;
      const caller: Caller = new Caller([
        tool({ onInterrupt, does: (_, context) => ((signal = context.signal), later(caller.clock, 3_000)) }),
      ]);
      const answer = await caller.says('go').calls([['thing']], 100);
      answer.subscription?.unsubscribe();
      expect(signal?.aborted).toBe(aborted);
      await caller.clock.advance(1);
      const [round] = caller.tools.earlier({ call: caller.call, history: caller.history }).values();
      expect(round?.[0]?.[0]?.result).toMatch(aborted ? told : /^It is still running\.$/);
      await caller.clock.advance(5_000);
      expect(caller.steps).toEqual(['thing started', `thing ${state}`]);
      expect(round?.[0]?.[0]?.result).toMatch(told);
      expect(answer.said).toEqual([]);
      expect(caller.clock.pendingTimers).toBe(0);
    },
  );

  it('are interrupted by the turn’s signal too', async () => {
    const controller = new AbortController();
    const caller = new Caller([tool({ does: () => new Promise(() => undefined) })]);
    const answer = await caller.says('go', { signal: controller.signal }).calls([['thing']]);
    controller.abort();
    expect(answer.completed).toBe(true);
    await caller.clock.advance(1);
    expect(caller.steps).toEqual(['thing started', 'thing cancelled']);
  });
});

describe('an answer whose tools cannot be used', () => {
  it('fails, and keeps nobody waiting', async () => {
    const caller = new Caller([tool({ filler: 5 as never })]);
    let failed: unknown;
    caller
      .says('go')
      .tools.run([{ name: 'thing', arguments: '' }], 0)
      .subscribe({ error: (error: unknown) => (failed = error) });
    await caller.clock.advance(10);
    expect(failed).toBeInstanceOf(TypeError);
  });
});

describe('a filler', () => {
  const slow = (caller: () => Caller, own: Partial<VoiceTool> = {}) =>
    tool({ does: () => later(caller().clock, 5_000), ...own });

  it.each<[string, Partial<VoiceTool>, number, number, string[]]>([
    ['after 700 ms of a slow tool', {}, 0, 700, ['One moment, please.']],
    ['not before', {}, 0, 699, []],
    ['when the tool says so', { fillerAfterMs: 2_000 }, 0, 1_999, []],
    [
      'in the words of the tool',
      { fillerAfterMs: 2_000, filler: 'I am looking.' },
      0,
      2_000,
      ['I am looking.'],
    ],
    ['not at all', { filler: '' }, 0, 4_999, []],
    ['not while the words before it are being heard', {}, 20, 700 + 20 * 65 - 1, []],
    ['after them', {}, 20, 700 + 20 * 65, ['One moment, please.']],
  ])('is said %s', async (_, own, written, ms, said) => {
    const caller: Caller = new Caller([slow(() => caller, own)]);
    const answer = await caller.says('go').calls([['thing']], ms, written);
    expect(answer.said).toEqual(said);
    await caller.clock.advance(10_000);
  });

  it('is said once a turn', async () => {
    const caller: Caller = new Caller([slow(() => caller)]);
    const answer = await caller.says('go').calls([['thing']], 6_000);
    await answer.calls([['thing']], 6_000);
    expect(answer.said).toEqual(['One moment, please.']);
  });

  it('is not said for a quick tool', async () => {
    const caller = new Caller([tool()]);
    const answer = await caller.says('go').calls([['thing']], 5_000);
    expect(answer.said).toEqual([]);
    expect(caller.clock.pendingTimers).toBe(0);
  });
});

describe('a tool that the caller has to agree to', () => {
  const QUESTION = 'Shall I do thing 1?';
  const asking = (own: Partial<VoiceTool> = {}) =>
    tool({ confirm: (input) => `Shall I do thing ${String((input as { n?: number }).n)}?`, ...own });

  /** The model has asked for the thing, and the caller heard the question. */
  async function asked(thing = asking(), options: Partial<ToolUseOptions> = {}, heard = QUESTION) {
    const caller = new Caller([thing], options);
    const answer = await caller.says('go').calls([['thing', { n: 1 }]]);
    if (heard !== '') caller.hears(heard);
    return { caller, answer, thing };
  }

  it('is not run at first: the question is said, and ends the answer', async () => {
    const { answer, caller, thing } = await asked();
    expect(thing.run).not.toHaveBeenCalled();
    expect(answer.said).toEqual([QUESTION]);
    expect(answer.tools.over).toBe(true);
    expect(answer.results[0]).toMatch(/^Not done: the caller was asked "Shall I do thing 1\?"/);
    expect(caller.steps).toEqual(['thing asked']);
  });

  it('is run when the caller agrees and the model asks for the same again', async () => {
    const { caller, thing } = await asked();
    const answer = await caller.says('Yes, please.').calls([['thing', { n: 1 }]]);
    expect(thing.run).toHaveBeenCalledTimes(1);
    expect(answer.results).toEqual(['done']);
  });

  it.each<[string, (caller: Caller) => Promise<unknown>]>([
    ['though the caller said no', (caller) => caller.says('No.').calls([['thing', { n: 1 }]])],
    ['though nobody understood the caller', (caller) => caller.says('').calls([['thing', { n: 1 }]])],
    ['with another input', (caller) => caller.says('Yes.').calls([['thing', { n: 2 }]])],
    [
      'a turn later',
      async (caller) => {
        caller.says('Yes.');
        await caller.clock.advance(10);
        await caller.says('Yes.').calls([['thing', { n: 1 }]]);
      },
    ],
    [
      'a turn later, when the agent was not asked about the turn between as the caller went on at once',
      (caller) => {
        caller.history.push({ role: 'caller', text: 'No.' });
        return caller.says('All right.').calls([['thing', { n: 1 }]]);
      },
    ],
    [
      'for a guess of what turned out to be a question',
      (caller) => {
        caller.history.push({ role: 'caller', text: 'Yes?' });
        return caller.answer('yes', { confirmed: Promise.resolve() }).calls([['thing', { n: 1 }]]);
      },
    ],
  ])('is not run %s', async (_, then) => {
    const { caller, thing } = await asked();
    await then(caller);
    expect(thing.run).not.toHaveBeenCalled();
  });

  it('is not run by a second call in the turn of the question, whatever the words of that turn are', async () => {
    const thing = asking();
    const caller = new Caller([thing]);
    const answer = caller.says('Yes.');
    await answer.calls([['thing', { n: 1 }]]);
    caller.hears(QUESTION);
    await answer.calls([['thing', { n: 1 }]]);
    expect(thing.run).not.toHaveBeenCalled();
  });

  it('is asked about and run whatever its schema makes of the input, a circular object too', async () => {
    const order = (n: number) => {
      const made: { n: number; self?: unknown } = { n };
      return Object.assign(made, { self: made });
    };
    const { caller, answer, thing } = await asked(
      asking({ input: z.object({ n: z.number().transform(order) }), confirm: QUESTION }),
    );
    expect(answer.said).toEqual([QUESTION]);
    expect(answer.completed).toBe(true);
    await caller.says('Yes, please.').calls([['thing', { n: 2 }]]);
    expect(thing.run).not.toHaveBeenCalled();
    caller.hears(QUESTION);
    await caller.says('Yes, please.').calls([['thing', { n: 2 }]]);
    expect(thing.run).toHaveBeenCalledTimes(1);
  });

  it('is not run for another input that its schema makes the like of', async () => {
    class Order {
      readonly #n: number;
      constructor(n: number) {
        this.#n = n;
      }
      toString(): string {
        return `order ${this.#n}`;
      }
    }
    const input = z.object({ n: z.number().transform((n) => new Order(n)) });
    const { caller, thing } = await asked(asking({ input, confirm: QUESTION }));
    await caller.says('Yes, please.').calls([['thing', { n: 2 }]]);
    expect(thing.run).not.toHaveBeenCalled();
  });

  it('is run once for one agreement', async () => {
    const { caller, thing } = await asked();
    const answer = caller.says('Yes.');
    await answer.calls([
      ['thing', { n: 1 }],
      ['thing', { n: 1 }],
    ]);
    expect(thing.run).toHaveBeenCalledTimes(1);
    expect(answer.said).toEqual([QUESTION]);
    await answer.calls([['thing', { n: 1 }]]);
    expect(thing.run).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['', false],
    ['Shall I', false],
    ['Shall I do thing', true], // all but its last word: callers answer over that
    [`All right. ${QUESTION}`, true],
    ['Is the weather nice?', false],
  ])('needs a question that was heard: %j', async (heard, runs) => {
    const { caller, thing } = await asked(asking(), {}, heard);
    await caller.says('Yes.').calls([['thing', { n: 1 }]]);
    expect(thing.run).toHaveBeenCalledTimes(runs ? 1 : 0);
  });

  it('keeps the question through answers that are discarded before the turn is over', async () => {
    const { caller, thing } = await asked();
    const never = new Promise<void>(() => undefined);
    const discarded = await caller.says('Yes', { confirmed: never }).calls([['thing', { n: 1 }]]);
    discarded.subscription?.unsubscribe();
    caller.history.pop();
    await caller.says('Yes please.', { confirmed: Promise.resolve() }).calls([['thing', { n: 1 }]]);
    expect(thing.run).toHaveBeenCalledTimes(1);
  });

  it('is judged by the host, if it wants to', async () => {
    const affirms = jest.fn((reply: ConsentReply) => Promise.resolve(reply.transcript === 'jupp'));
    const { caller, thing } = await asked(asking(), { affirms });
    await caller.says('jupp').calls([['thing', { n: 1 }]]);
    expect(affirms).toHaveBeenCalledWith({
      transcript: 'jupp',
      question: QUESTION,
      tool: 'thing',
      input: { n: 1 },
    });
    expect(thing.run).toHaveBeenCalledTimes(1);
  });

  it.each<[string, () => never | string]>([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
    ],
    ['returns no boolean', () => 'yes'],
  ])('is not run when the host’s judge %s', async (_, affirms) => {
    const { caller, thing } = await asked(asking(), { affirms: affirms as never });
    await caller.says('yes').calls([['thing', { n: 1 }]]);
    expect(thing.run).not.toHaveBeenCalled();
  });

  it('is not run, and the caller is not kept waiting, when the host’s judge never ends', async () => {
    const { caller, thing } = await asked(asking(), { affirms: () => new Promise(() => undefined) });
    const answer = await caller.says('yes').calls([['thing', { n: 1 }]], 5_010);
    expect(answer.said).toEqual([QUESTION]);
    expect(thing.run).not.toHaveBeenCalled();
    expect(caller.clock.pendingTimers).toBe(0);
  });

  it.each<[string, Partial<VoiceTool>, string[]]>([
    ['its own question', { confirm: 'Really?' }, ['Really?']],
    ['the general question', { confirm: true }, ['Shall I do that?']],
    ['no question, when it cannot make one', { confirm: () => '' }, []],
  ])('has %s', async (_, own, said) => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { answer, thing } = await asked(asking(own));
    expect(answer.said).toEqual(said);
    expect(thing.run).not.toHaveBeenCalled();
  });

  it('is asked about alone, and nothing ends the call meanwhile', async () => {
    const end = tool({ name: 'end', endsAnswer: true });
    const other = tool({ name: 'other' });
    const caller = new Caller([asking(), end, other]);
    const answer = await caller
      .says('go')
      .calls([['thing', { n: 1 }], ['thing', { n: 2 }], ['end'], ['other']]);
    expect(answer.said).toEqual([QUESTION]);
    expect(end.run).not.toHaveBeenCalled();
    expect(other.run).toHaveBeenCalledTimes(1);
    expect(caller.steps.sort()).toEqual(
      ['thing asked', 'thing refused', 'end refused', 'other started', 'other succeeded'].sort(),
    );
  });
});

describe('a tool that ends the answer', () => {
  it('goes on after the answer is complete, and is not interrupted with it', async () => {
    const caller: Caller = new Caller([tool({ endsAnswer: true, does: () => later(caller.clock, 1_000) })]);
    const answer = await caller.says('bye').calls([['thing'], ['thing']]);
    expect(answer.completed).toBe(true);
    expect(answer.tools.over).toBe(true);
    answer.subscription?.unsubscribe();
    expect(answer.results).toEqual(['It is still running.', 'Not done: the answer ends with another tool.']);
    await caller.clock.advance(1_000);
    expect(answer.results[0]).toBe('late');
  });

  it('that gave way to the caller counts as cancelled', async () => {
    const caller = new Caller([
      tool({ endsAnswer: true, does: () => Promise.reject(new InterruptedError('The caller spoke first.')) }),
    ]);
    const answer = await caller.says('bye').calls([['thing']]);
    expect(answer.results).toEqual(['The caller spoke first.']);
    expect(caller.steps).toEqual(['thing started', 'thing cancelled']);
  });
});
