import { describe, expect, it } from '@jest/globals';
import { CALL_RECORDS, type CallRecord, type TwilioVoiceOptions, type Turn } from '../src/index.js';
import { ScriptedAgent } from '../src/testing/index.js';
import { Host } from './support/host.js';

const STANDARD = 'You are talking to an automated assistant.';

/** What the caller hears first, and what the agent is told of it. */
async function firstWords(conversation: TwilioVoiceOptions['conversation'], greeting?: string) {
  const records: CallRecord[] = [];
  let turns: readonly Turn[] = [];
  const host = await Host.boot({
    agent: (clock) => {
      const agent = new ScriptedAgent(clock, ['Fine.'], greeting === undefined ? {} : { greeting });
      turns = agent.turns;
      return agent;
    },
    settings: { conversation },
    providers: () => [
      { provide: CALL_RECORDS, useValue: { store: (record: CallRecord) => records.push(record) } },
    ],
  });
  const call = host.dial();
  await host.clock.advance(8_000);
  call.speak(600);
  await host.clock.advance(3_000);
  call.hangUp();
  await host.clock.advance(1_000);
  await host.module.close();
  return { said: records[0]?.said.map(({ heard }) => heard), history: turns[0]?.history };
}

describe('that no human answers', () => {
  it.each<[string, TwilioVoiceOptions['conversation'], string | undefined, string[]]>([
    ['is said before the greeting', {}, 'Good morning.', [`${STANDARD} Good morning.`]],
    ['is said without a greeting too', {}, undefined, [STANDARD]],
    [
      'is worded by the host',
      { disclosure: 'Hier spricht ein Automat.' },
      'Guten Tag.',
      ['Hier spricht ein Automat. Guten Tag.'],
    ],
    ['is left to the host', { disclosure: '' }, 'Good morning.', ['Good morning.']],
    ['is not said by a host that says nothing', { disclosure: '' }, undefined, []],
  ])('%s', async (_, conversation, greeting, expected) => {
    const { said } = await firstWords({ disclosure: STANDARD, ...conversation }, greeting);
    expect(said).toEqual(expected);
  });

  it('is the default', async () => {
    const { said } = await firstWords({ disclosure: undefined }, 'Good morning.');
    expect(said).toEqual([`${STANDARD} Good morning.`]);
  });

  it.each<[string, number, string[]]>([
    ['at its beginning', 500, [`${STANDARD} Fine.`, 'Fine.']],
    ['in the middle of it', 1_300, [`${STANDARD} Fine.`, 'Fine.']],
    ['over its last word', 2_000, ['Fine.', 'Fine.']],
  ])('is said with the next answer when the caller talks over it: %s', async (_, atMs, answers) => {
    const host = await Host.boot({
      agent: (clock) => new ScriptedAgent(clock, ['Fine.'], { greeting: 'Good morning.' }),
      settings: { conversation: { disclosure: STANDARD } },
    });
    const call = host.dial();
    await host.clock.advanceUntil(() => call.heldMs > 0, 2_000, 20);
    await host.clock.advance(atMs);
    for (let turn = 0; turn < 2; turn++) {
      call.speak(600);
      await host.clock.advance(7_000);
    }
    call.hangUp();
    await host.clock.advance(1_000);
    await host.module.close();
    expect(host.voice.utterances.slice(1).map(({ text }) => text)).toEqual(answers);
  });

  it('is in the memory of the agent', async () => {
    const { history } = await firstWords({ disclosure: STANDARD }, 'Good morning.');
    expect(history?.[0]).toMatchObject({ role: 'agent', text: `${STANDARD} Good morning.` });
  });
});
