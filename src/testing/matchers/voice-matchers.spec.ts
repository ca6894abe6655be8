import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import type { VoiceAgent } from '../../index.js';
import { type CallUnderTest, simulateCall, SimulatedCall, type SimulateAgentOptions } from '../index.js';
import '../jest.js';

const STORY = 'Once upon a time there was a king, who had a castle by the sea and two daughters.';

@Injectable()
class Teller implements VoiceAgent {
  onCallStart = () => STORY;
  reply = () => `As you like. ${STORY}`;
}

/** Talks on, whatever the caller does. */
const deaf = { listening: { talking: { voicedMs: 5_000, withinMs: 6_000 } } };

let simulated: CallUnderTest | undefined;
afterEach(() => simulated?.close());

/** A call in which the caller says something so long after its beginning, ms. */
async function interrupted(atMs: number, options: SimulateAgentOptions = {}, speechMs = 600) {
  simulated = await simulateCall(Teller, options);
  const { clock, call } = simulated;
  await clock.advance(atMs);
  if (speechMs > 0) call.speak(speechMs);
  return { clock, call };
}

/** What an assertion says as it fails. */
function complaint(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing: it holds';
}

describe('toHaveHeard', () => {
  it('goes by what was heard, and not by what was said: an interrupted text counts as far as it was heard', async () => {
    const { clock, call } = await interrupted(2_000);
    await clock.advance(400);
    expect(call).toHaveHeard('Once upon a time');
    expect(call).not.toHaveHeard('king, who had a castle');
    expect(
      complaint(() => {
        expect(call).toHaveHeard('two daughters');
      }),
    ).toBe('the caller was to hear "two daughters", but heard: "Once upon a time there was a"');
    expect(simulated?.voiceCall.history[0]?.text).toBe('Once upon a time there was a');
  });

  it.each([1_500, 1_633, 1_800, 2_017, 2_450])(
    'tells the same words as the call’s own account, cut at %d ms',
    async (atMs) => {
      const network = { down: { delayMs: 40, jitterMs: 15 }, up: { delayMs: 40, jitterMs: 15 }, seed: atMs };
      const { clock, call } = await interrupted(atMs, { network });
      await clock.advance(650);
      const [greeting] = simulated?.voiceCall.history ?? [];
      expect(greeting).toMatchObject({ interrupted: true });
      expect(call.heardWords()).toBe(greeting?.text);
    },
  );

  const holds: [string, string | RegExp][] = [
    ['whatever the capitals', 'ONCE UPON A TIME'],
    ['whatever the punctuation around words', 'a king who had a castle'],
    ['whatever the white space', ' by  the\nsea '],
    ['by a pattern, of the text as it was written', /king, who .* castle/],
    ['by a pattern that has been used before', /daughters\./g],
  ];
  it.each(holds)('holds %s', async (_, words) => {
    const { clock, call } = await interrupted(0, {}, 0);
    await clock.advance(8_000);
    expect(call).toHaveHeard(words);
    expect(call).toHaveHeard(words);
    expect(
      complaint(() => {
        expect(call).not.toHaveHeard(words);
      }),
    ).toBe(
      `the caller was not to hear ${words instanceof RegExp ? String(words) : JSON.stringify(words)}, but heard: ${JSON.stringify(STORY)}`,
    );
  });

  const fails: [string, string | RegExp][] = [
    ['a part of a word', 'two daughter'],
    ['words in another order', 'time a upon'],
    ['words with others between them', 'king had a castle'],
    ['a pattern that does not match', /KING/],
  ];
  it.each(fails)('fails for %s', async (_, words) => {
    const { clock, call } = await interrupted(0, {}, 0);
    await clock.advance(8_000);
    expect(call).not.toHaveHeard(words);
    expect(
      complaint(() => {
        expect(call).toHaveHeard(words);
      }),
    ).toBe(
      `the caller was to hear ${words instanceof RegExp ? String(words) : JSON.stringify(words)}, but heard: ${JSON.stringify(STORY)}`,
    );
  });

  it('says so when nothing was heard at all', async () => {
    const { call } = await interrupted(0, {}, 0);
    expect(
      complaint(() => {
        expect(call).toHaveHeard('Once');
      }),
    ).toBe('the caller was to hear "Once", but heard nothing');
  });

  const empty: [string | RegExp, string][] = [
    ['', ''],
    [' \n', ''],
    ['…', ''],
    [/(king)?/, 'with /(king)?/, '],
  ];
  it.each(empty)('cannot be satisfied by %j, with or without `not`', async (words, which) => {
    const { call } = await interrupted(0, {}, 0);
    const message = `toHaveHeard: ${which}an empty text is always heard: nothing would be tested`;
    const assertions = [
      () => {
        expect(call).toHaveHeard(words);
      },
      () => {
        expect(call).not.toHaveHeard(words);
      },
    ];
    expect(assertions.map(complaint)).toEqual([message, message]);
  });

  it('says what is missing in a call that has no words for its audio', async () => {
    const { clock } = await interrupted(0, {}, 0);
    const transport = { post: () => Promise.reject(new Error()), connect: () => Promise.reject(new Error()) };
    const call = new SimulatedCall({ clock, transport: transport as never });
    expect(
      complaint(() => {
        expect(call).toHaveHeard('Once');
      }),
    ).toMatch(/^SimulatedCall: heardWords is missing/);
  });
});

describe('toHaveStoppedWithin', () => {
  it('holds when the agent falls silent in time, and `not` fails with the figure', async () => {
    const { clock, call } = await interrupted(2_000);
    await clock.advance(1_000);
    const { startMs } = call.said[0]!;
    const tookMs = Math.round(call.onsetToSilenceMs(startMs));
    expect(tookMs).toBeGreaterThan(50);
    expect(call).toHaveStoppedWithin(300);
    expect(call).toHaveStoppedWithin(tookMs);
    expect(call).not.toHaveStoppedWithin(tookMs - 1);
    expect(
      complaint(() => {
        expect(call).not.toHaveStoppedWithin(300);
      }),
    ).toBe(
      `the agent was to be heard for more than 300 ms after the caller interrupted (at 2000 ms on the clock), but it fell silent after ${tookMs} ms`,
    );
    expect(
      complaint(() => {
        expect(call).toHaveStoppedWithin(20);
      }),
    ).toBe(
      `the agent was to fall silent within 20 ms after the caller interrupted (at 2000 ms on the clock), but it fell silent after ${tookMs} ms`,
    );
  });

  it('fails when the agent talks on', async () => {
    const { clock, call } = await interrupted(2_000, { settings: deaf });
    await clock.advance(1_000);
    expect(call).not.toHaveStoppedWithin(300);
    expect(
      complaint(() => {
        expect(call).toHaveStoppedWithin(300);
      }),
    ).toBe(
      'the agent was to fall silent within 300 ms after the caller interrupted (at 2000 ms on the clock), but it could still be heard after 1000 ms',
    );
  });

  it('measures the last interruption, and from the first sound of it', async () => {
    const { clock, call } = await interrupted(2_000);
    await clock.advance(2_800);
    const silence = new Uint8Array(100 * 8).fill(0xff);
    call.say(silence);
    call.speak(600);
    await clock.advance(2_000);
    expect(call.heardWords()).toMatch(/As you/);
    expect(call).toHaveStoppedWithin(300);
    const onsetMs = 2_000 + 2_800 + 100;
    expect(
      complaint(() => {
        expect(call).not.toHaveStoppedWithin(300);
      }),
    ).toContain(`interrupted (at ${onsetMs} ms`);
  });

  it('does not take a pause for the end: until it can be told, it fails either way', async () => {
    const { clock, call } = await interrupted(2_000);
    await clock.advance(300);
    const message =
      'toHaveStoppedWithin: it cannot be told yet: advance the clock until 300 ms of silence have passed';
    expect(
      complaint(() => {
        expect(call).toHaveStoppedWithin(500);
      }),
    ).toBe(message);
    expect(
      complaint(() => {
        expect(call).not.toHaveStoppedWithin(500);
      }),
    ).toBe(message);
    await clock.advance(500);
    expect(call).toHaveStoppedWithin(500);
  });

  const never: [string, number, number][] = [
    ['the caller says nothing', 2_000, 0],
    ['the caller speaks when the agent has finished', 8_000, 600],
    ['the agent begins to speak just after the caller', 0, 600],
  ];
  it.each(never)('fails either way when %s', async (_, atMs, speechMs) => {
    const { clock, call } = await interrupted(atMs, {}, speechMs);
    await clock.advance(500);
    const message = 'toHaveStoppedWithin: the caller never spoke while the agent was to be heard';
    expect(
      complaint(() => {
        expect(call).toHaveStoppedWithin(300);
      }),
    ).toBe(message);
    expect(
      complaint(() => {
        expect(call).not.toHaveStoppedWithin(300);
      }),
    ).toBe(message);
  });
});

describe('toHaveBeenAnsweredWithin', () => {
  it('holds when the answer is heard in time, and `not` fails with the figure', async () => {
    const { clock, call } = await interrupted(8_000);
    await clock.advance(3_000);
    const { endMs } = call.said[0]!;
    const answer = call.heard.find(({ startMs }) => startMs > endMs)!;
    const tookMs = Math.round(answer.startMs - endMs);
    expect(call).toHaveBeenAnsweredWithin(1_500);
    expect(call).not.toHaveBeenAnsweredWithin(500);
    expect(call).toHaveBeenAnsweredWithin(tookMs);
    const told = `after the caller had spoken (until 8600 ms on the clock), but it was heard after ${tookMs} ms`;
    expect(
      complaint(() => {
        expect(call).not.toHaveBeenAnsweredWithin(1_500);
      }),
    ).toBe(`an answer was to be heard later than 1500 ms ${told}`);
    expect(
      complaint(() => {
        expect(call).toHaveBeenAnsweredWithin(tookMs - 1);
      }),
    ).toBe(`an answer was to be heard within ${tookMs - 1} ms ${told}`);
  });

  it('does not take what the caller talked over for the answer', async () => {
    const { clock, call } = await interrupted(2_000, { settings: deaf });
    await clock.advance(3_000);
    expect(
      complaint(() => {
        expect(call).toHaveBeenAnsweredWithin(500);
      }),
    ).toBe(
      'an answer was to be heard within 500 ms after the caller had spoken (until 2600 ms on the clock), but nothing had been heard after 2400 ms',
    );
    expect(call).not.toHaveBeenAnsweredWithin(500);
  });

  it('fails either way until it can be told', async () => {
    const { clock, call } = await interrupted(8_000);
    await clock.advance(900);
    const message =
      'toHaveBeenAnsweredWithin: it cannot be told yet: only 300 ms have passed without an answer';
    expect(
      complaint(() => {
        expect(call).toHaveBeenAnsweredWithin(1_500);
      }),
    ).toBe(message);
    expect(
      complaint(() => {
        expect(call).not.toHaveBeenAnsweredWithin(1_500);
      }),
    ).toBe(message);
    expect(call).not.toHaveBeenAnsweredWithin(300);
  });

  it.each([0, 600])(
    'fails either way when the caller has not said anything to its end (%d ms)',
    async (ms) => {
      const { clock, call } = await interrupted(8_000, {}, ms);
      await clock.advance(500);
      const message = 'toHaveBeenAnsweredWithin: the caller has not said anything to its end';
      expect(
        complaint(() => {
          expect(call).toHaveBeenAnsweredWithin(300);
        }),
      ).toBe(message);
      expect(
        complaint(() => {
          expect(call).not.toHaveBeenAnsweredWithin(300);
        }),
      ).toBe(message);
    },
  );
});

describe('every matcher', () => {
  const matchers: [string, (received: unknown) => void][] = [
    [
      'toHaveHeard',
      (received) => {
        expect(received).toHaveHeard('Once');
      },
    ],
    [
      'toHaveStoppedWithin',
      (received) => {
        expect(received).toHaveStoppedWithin(300);
      },
    ],
    [
      'toHaveBeenAnsweredWithin',
      (received) => {
        expect(received).not.toHaveBeenAnsweredWithin(300);
      },
    ],
  ];
  it.each(matchers)('%s says what it expects instead of anything else', (name, assertion) => {
    for (const [received, kind] of [
      [undefined, 'undefined'],
      [null, 'null'],
      ['call', 'string'],
      [{}, 'object'],
    ] as const)
      expect(
        complaint(() => {
          assertion(received);
        }),
      ).toBe(`${name}: expected a SimulatedCall, but got ${kind}`);
  });

  it.each([0, -1, NaN, Infinity])('takes no %d for a time', async (ms) => {
    const { call } = await interrupted(0, {}, 0);
    expect(
      complaint(() => {
        expect(call).toHaveStoppedWithin(ms);
      }),
    ).toBe('toHaveStoppedWithin: give a positive number of ms');
    expect(
      complaint(() => {
        expect(call).not.toHaveBeenAnsweredWithin(ms);
      }),
    ).toBe('toHaveBeenAnsweredWithin: give a positive number of ms');
  });
});
