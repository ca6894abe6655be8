import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { lastValueFrom, toArray } from 'rxjs';
import { z } from 'zod';
import { SystemClock } from '../../call/system-clock.js';
import type { CallReport, VoiceCall } from '../../call/voice-call.js';
import { CLOCK } from '../../call/clock.js';
import { type ChatRequest, OpenAiServer } from '../../testing/index.js';
import type { HistoryEntry } from '../history.js';
import type { VoiceTool } from '../tools/voice-tool.js';
import type { Turn } from '../voice-agent.js';
import { OpenAiAgent } from './openai-agent.js';
import type { OpenAiAgentOptions } from './openai.options.js';
import { openAiAgentOptions } from './openai.providers.js';

@Injectable()
class Clocks {
  readonly time = '12:30';
}

@Injectable()
class TimeTool implements VoiceTool<{ zone?: string | undefined }> {
  readonly name = 'time';
  readonly description = 'Tells the time.';
  readonly input = z.object({ zone: z.string().optional() });
  constructor(private readonly clocks: Clocks) {}
  run({ zone = 'UTC' }: { zone?: string | undefined }): string {
    return `${this.clocks.time} ${zone}`;
  }
}

const time = { toolCalls: [{ name: 'time', arguments: { zone: 'CET' } }] };

describe('the OpenAI agent’s tools, with the real SDK', () => {
  let server: OpenAiServer;
  let agent: OpenAiAgent;
  const history: HistoryEntry[] = [];
  const reports: CallReport[] = [];
  const call = {
    callSid: 'CA1',
    parameters: {},
    history,
    report: (report) => void reports.push(report),
  } as Partial<VoiceCall> as VoiceCall;

  beforeEach(async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    history.length = 0;
    reports.length = 0;
    server = await OpenAiServer.start({ scenario: { firstTokenMs: [2, 4], tokenMs: [1, 1] } });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await agent.beforeApplicationShutdown();
    await server.close();
  });

  async function make(own: Partial<OpenAiAgentOptions> = {}): Promise<void> {
    const module = await Test.createTestingModule({
      providers: [
        Clocks,
        OpenAiAgent,
        { provide: CLOCK, useClass: SystemClock },
        ...openAiAgentOptions({ apiKey: 'any', baseUrl: server.url, tools: [TimeTool], ...own }),
      ],
    }).compile();
    agent = module.get(OpenAiAgent);
    await agent.onModuleInit();
  }

  async function answer(transcript = 'hello', own: Partial<Turn> = {}): Promise<string> {
    history.push({ role: 'caller', text: transcript });
    const turn = {
      transcript,
      durationMs: 1_000,
      history: [...history],
      call,
      signal: new AbortController().signal,
      ...own,
    };
    return (await lastValueFrom(agent.reply(turn).pipe(toArray()), { defaultValue: [] })).join('');
  }
  const request = (index = -1) => server.journal.at(index)?.body as ChatRequest;

  it('are made by Nest, told to the model, run, and their results are told in the form that the protocol asks for', async () => {
    await make();
    server.says({ text: 'Let me see.', ...time }, 'It is half past twelve.');
    expect(await answer()).toBe('Let me see. It is half past twelve.');
    expect(request(0)).toMatchObject({
      stream_options: { include_usage: true },
      tools: [{ type: 'function', function: { name: 'time', parameters: { type: 'object' } } }],
    });
    expect(request(0)).not.toHaveProperty('tool_choice');
    expect(request(1).messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'time', arguments: '{"zone":"CET"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '12:30 CET' },
    ]);
  });

  it('are offered five times in a turn; then the model has to answer without', async () => {
    await make();
    server.says(time, time, time, time, time, 'At last.');
    expect(await answer()).toBe('At last.');
    expect(server.journal).toHaveLength(6);
    expect(request(4)).not.toHaveProperty('tool_choice');
    expect(request(5)).toHaveProperty('tool_choice', 'none');
  });

  it('are not run when a model calls them once more all the same', async () => {
    await make({ toolUse: { rounds: 1 } });
    server.otherwiseSays(time);
    await expect(answer()).rejects.toMatchObject({ code: 'empty_answer' });
    expect(
      reports.filter((report) => report.type === 'tool' && report.tool.state === 'started'),
    ).toHaveLength(1);
  });

  it.each(['length', 'content_filter'] as const)(
    'are not run when the answer was cut off by %s',
    async (reason) => {
      await make();
      server.says({ text: 'Well', ...time, finishReason: reason });
      await answer();
      expect(reports.filter(({ type }) => type === 'tool')).toEqual([]);
      expect(server.journal).toHaveLength(1);
    },
  );

  it('may be hidden behind a finish reason of another name', async () => {
    await make();
    server.says({ ...time, finishReason: 'stop' }, 'Done.');
    expect(await answer()).toBe('Done.');
  });

  it('that nobody has are told to be unknown', async () => {
    await make({ tools: [] } as never);
    server.says(time, 'I have no clock.');
    expect(await answer()).toBe('I have no clock.');
    expect(request(0)).not.toHaveProperty('tools');
    expect(request().messages.at(-1)).toMatchObject({ role: 'tool', content: 'There is no such tool.' });
  });

  it('are remembered in later turns behind the words they followed, but not once those are forgotten', async () => {
    await make({ historyTurns: 2 });
    server.says(time, 'Half past.');
    await answer('what time is it');
    history.push({ role: 'agent', text: 'Half', unheard: ' past.', interrupted: true });
    await answer('thank you');
    expect(request().messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(JSON.stringify(request().messages)).not.toContain('past.');
    history.push({ role: 'agent', text: 'Yes.', unheard: '', interrupted: false });
    await answer('bye');
    expect(request().messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  });

  it('wait for the turn to be confirmed; the model does not', async () => {
    await make();
    server.says(time, 'Half past.');
    let confirm: () => void = () => undefined;
    const confirmed = new Promise<void>((resolve) => (confirm = resolve));
    const said = answer('what time is it', { confirmed });
    while (server.journal[0]?.endedAtMs === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reports.filter(({ type }) => type === 'tool')).toEqual([]);
    confirm();
    expect(await said).toBe('Half past.');
  });

  it.each<[string, Partial<OpenAiAgentOptions>]>([
    ['as the server tells it', {}],
    ['by the text, where it is not asked', { includeUsage: false }],
  ])('cost what is reported of each request, %s', async (_, own) => {
    await make(own);
    server.says(time, 'Half past.');
    await answer();
    const until = performance.now() + 10_000;
    while (reports.filter(({ type }) => type === 'usage').length < 2 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const usage = reports.flatMap((report) => (report.type === 'usage' ? [report.usage] : []));
    expect(usage).toHaveLength(2);
    for (const used of usage)
      expect(used).toEqual({
        kind: 'model',
        model: 'gpt-4o-mini',
        inputTokens: expect.any(Number) as unknown,
        outputTokens: expect.any(Number) as unknown,
        ...(own.includeUsage === false ? { estimated: true } : {}),
      });
  });

  it.each([
    ['401', 0],
    ['500', 0],
    ['cut', 1],
  ] as const)('cost nothing when the server refuses (%s), else what came', async (kind, count) => {
    await make();
    server.fail({ kind });
    await expect(answer()).rejects.toMatchObject({ name: 'ModelFailedError' });
    expect(reports.filter(({ type }) => type === 'usage')).toHaveLength(count);
  });

  it('stop the boot when one of them is wrong', async () => {
    @Injectable()
    class Wrong extends TimeTool {
      override readonly name = 'time' as never;
      override readonly input = z.string() as never;
    }
    await make();
    await expect(make({ tools: [Wrong] } as never)).rejects.toThrow(/Tool time: input must be an object/);
  });
});
