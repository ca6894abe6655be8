import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { lastValueFrom, toArray } from 'rxjs';
import type { CancelTimer, Clock } from '../../call/clock.js';
import { SystemClock } from '../../call/system-clock.js';
import type { CallReport, VoiceCall } from '../../call/voice-call.js';
import { OpenAiServer, type OpenAiFault } from '../../testing/index.js';
import type { History } from '../history.js';
import { replyText } from '../reply-text.js';
import type { Turn } from '../voice-agent.js';
import { ModelFailedError } from './failures.js';
import { OpenAiAgent } from './openai-agent.js';
import type { OpenAiAgentOptions } from './openai.options.js';

const QUICK = { firstTokenMs: [5, 10], tokenMs: [1, 2] } as const;
const LONG = 'This is a sentence that takes a while to say. '.repeat(20);
const SECRET = 'my number is 4929';
const PROMPT = 'You guard the treasure.';

/** The system's clock, which knows how many of its timers run. */
class CountingClock extends SystemClock implements Clock {
  pending = 0;

  override after(delayMs: number, task: () => void): CancelTimer {
    this.pending++;
    let isPending = true;
    const over = () => {
      if (isPending) this.pending--;
      isPending = false;
    };
    const cancel = super.after(delayMs, () => {
      over();
      task();
    });
    return () => {
      over();
      cancel();
    };
  }
}

const reports: CallReport[] = [];
const call = {
  parameters: { from: '+15550001' },
  history: [],
  report: (report) => void reports.push(report),
} as Partial<VoiceCall> as VoiceCall;
const clock = new CountingClock();
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** Timers of the process that keep it alive. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

async function until(condition: () => boolean, most = 5_000): Promise<void> {
  for (let tries = 0; !condition() && tries < most; tries++) await sleep(2);
  if (!condition()) throw new Error('it never came true');
}

describe('the OpenAI agent, with the real SDK', () => {
  let server: OpenAiServer;
  let agent: OpenAiAgent;

  beforeEach(async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    server = await OpenAiServer.start({ scenario: QUICK, apiKey: 'right' });
    agent = await made();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await agent.beforeApplicationShutdown();
    await server.close();
  });

  const made = (own: Partial<OpenAiAgentOptions> = {}) =>
    OpenAiAgent.create({ apiKey: 'right', baseUrl: server.url, instructions: PROMPT, ...own }, clock);
  /** Takes the place of the agent. */
  async function use(own: Partial<OpenAiAgentOptions>): Promise<void> {
    await agent.beforeApplicationShutdown();
    agent = await made(own);
  }

  const turn = (transcript: string, signal = new AbortController().signal, history: History = []): Turn => ({
    transcript,
    durationMs: 1_000,
    history,
    call,
    signal,
  });
  const answer = async (transcript = 'Hello', signal?: AbortSignal) =>
    (await lastValueFrom(agent.reply(turn(transcript, signal)).pipe(toArray()))).join('');
  const request = (index = -1) => server.journal.at(index);
  const failure = (): Promise<unknown> =>
    answer(SECRET).then(
      (said) => said,
      (error: unknown) => error,
    );

  it('says what the model writes, as it is written', async () => {
    server.says('Two words, and two more.');
    const pieces = await lastValueFrom(agent.reply(turn('Hello')).pipe(toArray()));
    expect(pieces.join('')).toBe('Two words, and two more.');
    expect(pieces.length).toBeGreaterThan(4);
    expect(request()).toMatchObject({
      path: '/v1/chat/completions',
      status: 200,
      headers: { authorization: 'Bearer right' },
      body: { model: 'gpt-4o-mini', stream: true, max_tokens: 500 },
    });
    expect(request()?.body).not.toHaveProperty('temperature');
  });

  it('asks with every setting', async () => {
    await use({
      model: 'other',
      temperature: 0.5,
      maxTokens: 7,
      maxTokensField: 'max_completion_tokens',
      instructions: ({ parameters }) => `The caller is ${String(parameters['from'])}.`,
    });
    await answer();
    expect(request()?.body).toMatchObject({ model: 'other', temperature: 0.5, max_completion_tokens: 7 });
    expect(JSON.stringify(request()?.body)).toContain('The caller is +15550001.');
  });

  it('greets, if it is to', async () => {
    expect(agent.onCallStart(call)).toBeUndefined();
    await use({ greeting: 'Good morning.' });
    expect(agent.onCallStart(call)).toBe('Good morning.');
    await use({ greeting: ({ parameters }) => `Hello ${String(parameters['from'])}.` });
    expect(agent.onCallStart(call)).toBe('Hello +15550001.');
  });

  it('sends heard words only', async () => {
    const history: History = [
      { role: 'caller', text: 'Count.' },
      { role: 'agent', text: 'One, two,', unheard: 'three.', interrupted: true },
      { role: 'caller', text: 'Stop.' },
    ];
    await lastValueFrom(agent.reply(turn('Stop.', undefined, history)).pipe(toArray()));
    const { messages } = request()?.body as { messages: { role: string; content: string }[] };
    expect(messages.slice(1)).toEqual([
      { role: 'user', content: 'Count.' },
      { role: 'assistant', content: 'One, two, — [interrupted by the caller]' },
      { role: 'user', content: 'Stop.' },
    ]);
    expect(JSON.stringify(request()?.body)).not.toContain('three');
  });

  it('keeps its connection between turns', async () => {
    for (let index = 0; index < 5; index++) {
      await answer();
      await until(() => request()?.endedAtMs !== undefined);
      for (let looks = 0; looks < 5; looks++) await sleep(2); // several looks at the socket, however late each is
    }
    expect(server.journal).toHaveLength(5);
    expect(server.connections).toBe(1);
  });

  it('asks nothing for a turn that is over already', async () => {
    expect(await answer('Hello', AbortSignal.abort())).toBe('');
    expect(server.journal).toHaveLength(0);
  });

  it.each(['before the headers', 'in the middle of the answer'])(
    'closes the request within 50 ms of an abort %s, and says no more',
    async (when) => {
      const early = when === 'before the headers';
      server.set({ firstTokenMs: early ? [2_000, 2_000] : [5, 5], tokenMs: [10, 10] });
      server.otherwiseSays(LONG);
      const tookMs: number[] = [];
      // Several, as a busy machine may pause in any one of them.
      for (let turns = 1; turns <= 7; turns++) {
        const controller = new AbortController();
        const said: string[] = [];
        let completed = false;
        agent.reply(turn('Hello', controller.signal)).subscribe({
          next: (text) => said.push(text),
          complete: () => (completed = true),
        });
        await until(() => (early ? server.journal.length === turns : said.length > 3));
        const before = said.length;
        const abortedAt = clock.now();
        controller.abort();
        expect(completed).toBe(true);
        await until(() => request()?.endedAtMs !== undefined);
        expect(request()).toMatchObject({ aborted: true });
        tookMs.push((request()?.endedAtMs ?? Infinity) - abortedAt);
        await sleep(15);
        expect(said).toHaveLength(before);
        expect(clock.pending).toBe(0);
      }
      expect(tookMs.sort((one, other) => one - other)[3]).toBeLessThan(50);
    },
  );

  it('closes the request when the conversation cuts the answer short', async () => {
    server.says(LONG);
    let signal: AbortSignal | undefined;
    const text$ = replyText((own) => agent.reply(turn('Hello', (signal = own))));
    await new Promise<void>((resolve) => {
      const subscription = text$.subscribe(() => {
        subscription.unsubscribe();
        resolve();
      });
    });
    await until(() => request()?.endedAtMs !== undefined);
    expect(request()).toMatchObject({ aborted: true });
    expect(signal?.aborted).toBe(true);
    expect(getEventListeners(signal!, 'abort')).toHaveLength(0);
  });

  it('leaves no listener, timer or request behind after 200 aborted turns', async () => {
    const before = timers();
    server.otherwiseSays(LONG);
    const shared = new AbortController();
    for (let index = 0; index < 200; index++) {
      const own = new AbortController();
      let isAnswered = false;
      const subscription = agent
        .reply(turn('Hello', index % 2 === 0 ? own.signal : shared.signal))
        .subscribe(() => (isAnswered = true));
      const asked = server.journal.length;
      if (index % 4 === 0 && index > 0)
        await sleep(3); // perhaps before it is even asked
      else await until(() => (index % 4 < 2 ? server.journal.length > asked : isAnswered));
      if (index % 2 === 0) own.abort();
      subscription.unsubscribe();
      expect(getEventListeners(own.signal, 'abort')).toHaveLength(0);
      expect(getEventListeners(shared.signal, 'abort')).toHaveLength(0);
      expect(clock.pending).toBe(0);
    }
    await until(() => server.journal.every(({ endedAtMs }) => endedAtMs !== undefined));
    expect(server.journal.length).toBeGreaterThan(150);
    expect(server.journal.every(({ aborted }) => aborted)).toBe(true);
    await until(() => timers() <= before, 50);
    server.otherwiseSays('Still here.');
    expect(await answer()).toBe('Still here.');
  });

  it.each([
    [{ kind: '400' }, 'http_400', false],
    [{ kind: '401' }, 'invalid_api_key', true],
    [{ kind: '404' }, 'model_not_found', true],
    [{ kind: '429' }, 'rate_limit_exceeded', false],
    [{ kind: '429', code: 'insufficient_quota' }, 'insufficient_quota', true],
    [{ kind: '500' }, 'http_500', false],
    [{ kind: '503' }, 'http_503', false],
    [{ kind: 'hang' }, 'timeout', false],
    [{ kind: 'stall', after: 0 }, 'timeout', false],
    [{ kind: 'stall', after: 2 }, 'stalled', false],
    [{ kind: 'cut', after: 0 }, 'connection', false],
    [{ kind: 'cut', after: 2 }, 'connection', false],
    [{ kind: 'malformed', after: 2 }, 'bad_answer', false],
    [{ kind: 'error-chunk', after: 2 }, 'server_error', false],
    [{ kind: 'early-end', after: 2 }, 'incomplete', false],
    [{ kind: 'empty' }, 'empty_answer', false],
  ] satisfies [OpenAiFault, string, boolean][])('fails by %j as %s', async (fault, code, lasting) => {
    const before = timers();
    const consoleError = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    // Short only where they are to strike: a busy machine must not turn one failure into another.
    const short = { timeout: { firstTokenMs: 200 }, stalled: { stallMs: 200 } }[code];
    await use({ limits: { firstTokenMs: 20_000, stallMs: 20_000, ...short } });
    server.fail(fault);
    server.says('A Zanzibar and another Zanzibar.');
    const error = await failure();
    expect(error).toBeInstanceOf(ModelFailedError);
    expect(error).toMatchObject({ code, lasting });
    const told = inspect([error, consoleError.mock.calls, jest.mocked(Logger.prototype.error).mock.calls], {
      depth: 20,
      showHidden: true,
    });
    for (const words of [SECRET, PROMPT, 'treasure', 'Zanzibar']) expect(told).not.toContain(words);
    expect(server.journal).toHaveLength(1); // no retry
    await until(() => request()?.endedAtMs !== undefined);
    await until(() => clock.pending === 0);
    await until(() => timers() <= before, 50); // long before the limits are over
  });

  it('lets the SDK print nothing of what is said, whatever the environment asks of it', async () => {
    jest.replaceProperty(process, 'env', { ...process.env, OPENAI_LOG: 'debug' });
    const printed = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
      jest.spyOn(console, level).mockImplementation(() => undefined),
    );
    await use({});
    await answer(SECRET);
    expect(printed.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it('fails when nobody answers at all', async () => {
    await use({ baseUrl: 'http://127.0.0.1:9/v1' });
    expect(await failure()).toMatchObject({ code: 'connection' });
  });

  it('names the variable and the option of a wrong key, and tells it once', async () => {
    await use({ apiKey: 'wrong' });
    expect((await failure()) as Error).toMatchObject({
      code: 'invalid_api_key',
      message: expect.stringMatching(/OPENAI_API_KEY.*apiKey/) as unknown,
    });
    await failure();
    const told = jest.mocked(Logger.prototype.error).mock.calls;
    expect(told).toHaveLength(1);
    expect(String(told[0]?.[0])).toContain('OPENAI_API_KEY');
    expect(JSON.stringify(told)).not.toContain('wrong');
  });

  it('ends politely what is too long', async () => {
    await use({ maxTokens: 3 });
    server.says('One two three four five.');
    expect(await answer()).toBe('One two three… Shall I go on?');
  });

  it.each([
    ['', 'I am sorry, I cannot say more about that.'],
    ['To do so', 'To do so I am sorry, I cannot say more about that.'],
  ])('ends politely what the filter stopped after %j', async (text, said) => {
    server.says({ text, finishReason: 'content_filter' });
    expect(await answer()).toBe(said);
  });

  it.each(['no-done', 'no-end'] as const)('takes an answer by %s for complete', async (kind) => {
    server.fail({ kind });
    server.says('All of it.');
    const startedAt = clock.now();
    expect(await answer()).toBe('All of it.');
    expect(clock.now() - startedAt).toBeLessThan(500);
    await until(() => clock.pending === 0);
    await until(() => request()?.endedAtMs !== undefined);
  });
});
