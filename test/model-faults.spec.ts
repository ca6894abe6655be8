import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpenAiFault } from '../src/testing/index.js';
import { ModelHost } from './support/model-host.js';

const SORRY = 'Sorry, I did not manage that. Could you say it again?';
const LONG = 'This is a sentence that takes a while to say. '.repeat(20);

describe('a call whose language model', () => {
  let host: ModelHost;
  afterEach(() => host.close());

  it.each<[string, OpenAiFault, RegExp | undefined]>([
    ['refuses the key (401)', { kind: '401' }, /OPENAI_API_KEY/],
    ['is asked too often (429)', { kind: '429' }, undefined],
    ['has no quota left (429)', { kind: '429', code: 'insufficient_quota' }, /quota/],
    ['breaks (500)', { kind: '500' }, undefined],
    ['is not there (503)', { kind: '503' }, undefined],
    ['never answers', { kind: 'hang' }, undefined],
    ['stalls before its first word', { kind: 'stall', after: 0 }, undefined],
    ['stalls in the middle', { kind: 'stall', after: 4 }, undefined],
    ['is cut off in the middle', { kind: 'cut', after: 4 }, undefined],
    ['says something unreadable', { kind: 'malformed', after: 4 }, undefined],
    ['ends too early', { kind: 'early-end', after: 4 }, undefined],
    ['says nothing', { kind: 'empty' }, undefined],
  ])(
    '%s apologises, and goes on with the next turn',
    async (_, fault, told) => {
      host = await ModelHost.boot({
        says: ['where is my order', 'and now'],
        agent: { limits: { firstTokenMs: 1_500, stallMs: 1_500 } },
      });
      await host.dial();
      host.model.fail(fault);
      host.model.says('A Zanzibar, and another Zanzibar, and one more.', 'It is on its way.');
      await host.turn();
      await host.until('the apology', () => host.heard.includes(SORRY));
      await host.clock.pass(700);
      host.model.otherwiseSays('It is on its way.');
      await host.exchange();
      // A refused request took no answer from the script.
      expect(host.heard.at(-1)).toMatch(/It is on its way\.|one more\./);
      expect(host.of('ended')).toEqual([]);
      const shown = host.logs.filter(({ level }) => level === 'error' || level === 'warn');
      expect(shown.map(({ text }) => text).join('\n')).toMatch(told ?? /ModelFailedError/);
      expect(shown.map(({ text }) => text).join('\n')).not.toMatch(/Zanzibar|order/);
    },
    60_000,
  );

  it('fails twice is closed with a goodbye', async () => {
    host = await ModelHost.boot({ says: ['hello', 'hello'] });
    await host.dial();
    host.model.fail({ kind: '500', times: 2 });
    await host.turn();
    await host.until('the apology', () => host.heard.includes(SORRY));
    await host.clock.pass(700);
    await host.turn();
    await host.until('the end', () => host.call.endedBy !== undefined);
    expect(host.heard.at(-1)).toMatch(/technical problem/);
    expect(host.of('ended')).toMatchObject([{ reason: 'failed' }]);
  }, 60_000);

  it('is interrupted closes its request within 50 ms, and nothing of the old answer is said or remembered', async () => {
    host = await ModelHost.boot({ says: ['tell me a story', 'stop'], speed: 1, agent: { maxTokens: 5_000 } });
    host.model.set({ firstTokenMs: [50, 60], tokenMs: [30, 30] });
    await host.dial();
    const tookMs: number[] = [];
    // Several, as a busy machine may pause in any one of them.
    for (let round = 0; round < 3; round++) {
      host.model.says(LONG);
      const sounded = host.of('agent-sounding').length;
      const asked = host.model.journal.length;
      await host.turn();
      await host.until('the request', () => host.model.journal.length > asked);
      const story = host.model.journal[asked];
      await host.until('the story', () => host.of('agent-sounding').length > sounded);
      await host.clock.pass(1_200);
      expect(story?.endedAtMs).toBeUndefined(); // it is still being written
      const before = host.of('caller-started').length;
      const spokenBefore = host.voice.utterances.length;
      host.call.speak(600);
      await host.until('the interruption', () => host.of('caller-started').length > before);
      const noticed = host.of('caller-started')[before]?.atMs ?? Infinity;
      await host.until('the end of the request', () => story?.endedAtMs !== undefined);
      expect(story?.aborted).toBe(true);
      tookMs.push((story?.endedAtMs ?? Infinity) - noticed);
      const utterance = host.voice.utterances[spokenBefore - 1];
      expect(utterance?.state).toBe('cancelled');
      host.model.says('Very well.');
      await host.until('the next answer', () => host.heard.at(-1) === 'Very well.');
      await host.clock.pass(700);
    }
    expect(tookMs.sort((one, other) => one - other)[1]).toBeLessThan(50);
    await host.exchange();
    // What the model was told of the stories is what was heard of them.
    const told = host
      .messages()
      .flatMap(({ role, content }) =>
        role === 'assistant' && content !== 'Very well.' ? [String(content)] : [],
      );
    const heard = host.heard.filter((text) => LONG.startsWith(text.slice(0, 10)) && text !== '');
    expect(told).toHaveLength(3);
    for (const [index, text] of told.entries()) {
      expect(text).toBe(`${heard[index] ?? ''} — [interrupted by the caller]`);
      expect(text.length).toBeLessThan(LONG.length / 4);
    }
    const usage = host
      .of('usage')
      .filter(({ usage: used }) => used.kind === 'model' && used.estimated === true);
    expect(usage).toHaveLength(3); // nobody tells the usage of a request that was closed
  }, 120_000);
});
