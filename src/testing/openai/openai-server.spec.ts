import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpenAI } from 'openai';
import { OPENAI_FAULT_KINDS } from './faults.js';
import { OpenAiServer } from './openai-server.js';
import { VirtualClock } from '../virtual-clock.js';

const QUICK = { firstTokenMs: [2, 4], tokenMs: [1, 1] } as const;
const MESSAGES = [{ role: 'user', content: 'Hello there.' }] as const;

let server: OpenAiServer;
let client: OpenAI;
beforeEach(async () => {
  server = await OpenAiServer.start({ scenario: QUICK, apiKey: 'right' });
  client = clientWith('right');
});
afterEach(() => server.close());

const clientWith = (apiKey: string) =>
  new OpenAI({ apiKey, baseURL: server.url, maxRetries: 0, logLevel: 'off' });
const body = { model: 'any', messages: [...MESSAGES] };
const stream = (own: object = {}, options: object = {}) =>
  client.chat.completions.create({ ...body, ...own, stream: true }, options);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function chunks(own: object = {}) {
  const made = [];
  for await (const chunk of await stream(own)) made.push(chunk);
  return made;
}

const text = (made: Awaited<ReturnType<typeof chunks>>) =>
  made.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

const ask = (own: object) =>
  fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer right' },
    body: JSON.stringify({ ...body, ...own }),
  });

async function ended(): Promise<void> {
  while (server.journal.at(-1)?.endedAtMs === undefined) await sleep(2);
}

describe('the local OpenAI server, with the real SDK', () => {
  it('streams its answers in their order, then says that it has no script', async () => {
    server.says('The first.', ({ messages }) => `You asked ${messages.length} thing.`);
    expect(text(await chunks())).toBe('The first.');
    expect(text(await chunks())).toBe('You asked 1 thing.');
    expect(text(await chunks())).toBe('I have no script. You said: Hello there.');
    server.otherwiseSays('Always this.');
    expect(text(await chunks())).toBe('Always this.');
    expect(text(await chunks())).toBe('Always this.');
  });

  it('begins with the role, sends a token a chunk and ends with the finish reason', async () => {
    server.says('Extraordinarily so.');
    const made = await chunks();
    expect(made[0]).toMatchObject({
      id: 'chatcmpl-local-1',
      object: 'chat.completion.chunk',
      model: 'any',
      choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }],
    });
    expect(made.slice(1).map(({ choices }) => choices[0]?.delta.content)).toEqual([
      'Extrao',
      'rdinar',
      'ily',
      ' so',
      '.',
      undefined,
    ]);
    expect(made.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  it('sends events that end with [DONE]', async () => {
    server.says('Yes.');
    const answer = await ask({ stream: true });
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = (await answer.text()).split('\n\n');
    expect(events.pop()).toBe('');
    expect(events.pop()).toBe('data: [DONE]');
    expect(events).toHaveLength(4);
    for (const event of events) expect(event).toMatch(/^data: \{.*\}$/);
  });

  it('answers as a whole', async () => {
    server.says('All of it.');
    const answer = await client.chat.completions.create(body);
    expect(answer).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'All of it.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    });
  });

  it('tells the usage of a stream to those who ask', async () => {
    server.says('All of it.');
    const made = await chunks({ stream_options: { include_usage: true } });
    expect(made.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } });
  });

  it.each(['max_tokens', 'max_completion_tokens'])('keeps to %s', async (field) => {
    server.says('One two three four.');
    const made = await chunks({ [field]: 2 });
    expect(text(made)).toBe('One two');
    expect(made.at(-1)?.choices[0]?.finish_reason).toBe('length');
  });

  it('calls tools, in a stream and as a whole', async () => {
    const answer = { toolCalls: [{ name: 'weather', arguments: { city: 'Bremen' } }] };
    server.says(answer, answer);
    const made = await chunks();
    const calls = made.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ index: 0, id: 'call_1', function: { name: 'weather', arguments: '' } });
    expect(JSON.parse(calls.map((call) => call.function?.arguments ?? '').join(''))).toEqual({
      city: 'Bremen',
    });
    expect(made.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
    const whole = await client.chat.completions.create(body);
    expect(whole.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ id: 'call_1', function: { arguments: '{"city":"Bremen"}' } }],
      },
    });
  });

  it('journals what it was asked, and what became of it', async () => {
    server.says('Yes.');
    await chunks({ temperature: 0.3 });
    await ended();
    const [entry] = server.journal;
    expect(entry).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer right' },
      body: { model: 'any', temperature: 0.3, messages: MESSAGES },
      status: 200,
      tokensSent: 2,
      aborted: false,
    });
    expect(entry?.endedAtMs).toBeGreaterThan(entry?.atMs ?? Infinity);
  });

  it('sees an abort, before the headers and after', async () => {
    server.otherwiseSays('word '.repeat(500));
    const before = new AbortController();
    server.set({ firstTokenMs: [1_000, 1_000] });
    const asked = stream({}, { signal: before.signal }).catch(() => 'aborted');
    while (server.journal.length === 0) await sleep(2);
    before.abort();
    expect(await asked).toBe('aborted');
    await ended();
    expect(server.journal.at(-1)).toMatchObject({ aborted: true, status: 0, tokensSent: 0 });

    server.set(QUICK);
    const after = new AbortController();
    for await (const chunk of await stream({}, { signal: after.signal }))
      if (chunk.choices[0]?.delta.content !== '') after.abort();
    await ended();
    expect(server.journal.at(-1)).toMatchObject({ aborted: true, status: 200 });
    const { tokensSent } = server.journal.at(-1) ?? {};
    await sleep(20);
    expect(server.journal.at(-1)?.tokensSent).toBe(tokensSent);
  });

  it('takes the time that its scenario says, on the clock it is given', async () => {
    await server.close();
    const clock = new VirtualClock();
    server = await OpenAiServer.start({ clock, scenario: { firstTokenMs: [300, 300], tokenMs: [20, 20] } });
    server.says('One two three.');
    client = clientWith('any');
    const answer = chunks();
    while (server.journal.length === 0) await sleep(2);
    await clock.advance(299);
    expect(server.journal[0]?.tokensSent).toBe(0);
    await clock.advance(1);
    expect(server.journal[0]?.tokensSent).toBe(1);
    await clock.advance(60);
    expect(server.journal[0]?.tokensSent).toBe(4);
    await clock.advance(20);
    expect(text(await answer)).toBe('One two three.');
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses a wrong key, a wrong path and a wrong body', async () => {
    client = clientWith('wrong');
    await expect(chunks()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    client = clientWith('right');
    await expect(client.models.list()).rejects.toMatchObject({ status: 404, code: 'unknown_url' });
    await expect(chunks({ messages: 'none' })).rejects.toMatchObject({ status: 400 });
  });

  it.each([
    ['400', { status: 400 }],
    ['401', { status: 401, code: 'invalid_api_key' }],
    ['404', { status: 404, code: 'model_not_found' }],
    ['429', { status: 429, code: 'rate_limit_exceeded' }],
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['cut', { name: 'TypeError' }],
    ['malformed', { name: 'SyntaxError' }],
    ['error-chunk', { code: 'server_error' }],
  ] as const)('fails by %s', async (kind, error) => {
    server.fail({ kind });
    await expect(chunks()).rejects.toMatchObject(error);
    expect(server.struck).toBe(1);
    expect(text(await chunks())).toMatch(/no script/);
  });

  it('fails for want of quota', async () => {
    server.fail({ kind: '429', code: 'insufficient_quota' });
    await expect(chunks()).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
  });

  it.each([
    ['early-end', 2, 'One two', null],
    ['empty', 2, '', 'stop'],
    ['no-done', 2, 'One two three.', 'stop'],
  ] as const)('ends in good order by %s', async (kind, after, said, reason) => {
    server.says('One two three.');
    server.fail({ kind, after });
    const made = await chunks();
    expect(text(made)).toBe(said);
    expect(made.at(-1)?.choices[0]?.finish_reason).toBe(reason);
  });

  it.each([
    ['hang', 0, 0],
    ['stall', 0, 200],
    ['stall', 2, 200],
    ['no-end', 2, 200],
  ] as const)('goes quiet by %s after %i', async (kind, after, status) => {
    server.says('One two three.');
    server.fail({ kind, after });
    const controller = new AbortController();
    const texts: string[] = [];
    let isAnswered = false;
    const asked = stream({}, { signal: controller.signal }).then(async (made) => {
      isAnswered = true;
      for await (const chunk of made) texts.push(chunk.choices[0]?.delta.content ?? '');
      return texts.join('');
    });
    const all = kind === 'no-end' ? 'One two three.' : after === 0 ? '' : 'One two';
    while (server.struck === 0 || isAnswered !== (status === 200) || texts.join('') !== all) await sleep(2);
    await sleep(60);
    expect(server.journal[0]?.endedAtMs).toBeUndefined();
    controller.abort();
    const said = await asked.catch(() => '');
    expect(said).toBe(all);
    await ended();
    expect(server.journal[0]).toMatchObject({ aborted: true, status });
  });

  it('strikes as often as it is told, and forgets when it is healthy', async () => {
    server.fail({ kind: '500', times: 2 }, { kind: '503', times: Infinity });
    for (const status of [500, 500, 503, 503]) await expect(chunks()).rejects.toMatchObject({ status });
    server.healthy();
    expect(text(await chunks())).toMatch(/no script/);
  });

  it.each(OPENAI_FAULT_KINDS)('fails by the name of the model: fault-%s', async (kind) => {
    void ask({ model: `fault-${kind}-0`, stream: true }).catch(() => undefined);
    while (server.struck === 0) await sleep(2);
    await sleep(60);
    expect(server.struck).toBe(1);
  });
});
