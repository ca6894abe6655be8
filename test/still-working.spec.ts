import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../src/index.js';
import { ScriptedAgent } from '../src/testing/index.js';
import { Host } from './support/host.js';

const pass = (clock: Clock, ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

/** Writes a word, nothing for ten seconds, and another word; with or without signs of life. */
async function* slow(clock: Clock, sign: boolean, first: string) {
  if (first !== '') yield `${first} `;
  for (let seconds = 0; seconds < 12; seconds++) {
    await pass(clock, 1_000);
    if (sign) yield '';
  }
  yield 'second.';
}

describe('an answer with a long pause in it', () => {
  it.each([
    ['first', true, ['first  second.']],
    ['', true, ['second.']],
    ['first', false, ['first']],
    ['', false, []],
  ])(
    'that begins with %j is waited for while the agent says that it works: %j',
    async (first, sign, heard) => {
      const host = await Host.boot({
        agent: (clock) => new ScriptedAgent(clock, [() => slow(clock, sign, first)]),
      });
      const call = host.dial();
      await host.clock.advance(1_000);
      call.speak(800);
      await host.clock.advance(20_000);
      const texts = host
        .events(call)
        .flatMap((event) =>
          event.type === 'history' && event.entry.role === 'agent' ? [event.entry.text.trim()] : [],
        );
      expect(
        texts.filter((text) => !text.startsWith('Sorry')).map((text) => text.replace(/\s+/g, ' ')),
      ).toEqual(heard.map((text) => text.replace(/\s+/g, ' ')));
      expect(host.events(call).some(({ type }) => type === 'failed')).toBe(!sign);
      call.hangUp();
      await host.clock.advance(1_000);
      await host.module.close();
    },
  );

  it('is cut by the caller as ever, also while it is waited for', async () => {
    const host = await Host.boot({
      agent: (clock) => new ScriptedAgent(clock, [() => slow(clock, true, 'first'), 'other']),
    });
    const call = host.dial();
    await host.clock.advance(1_000);
    call.speak(800);
    await host.clock.advance(5_000);
    call.speak(800);
    await host.clock.advance(20_000);
    const said = host.voice.utterances.map(({ text }) => text.trim());
    expect(said).toEqual(['first', 'other']);
    call.hangUp();
    await host.clock.advance(1_000);
    await host.module.close();
  });
});
