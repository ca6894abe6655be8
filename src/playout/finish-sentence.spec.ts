import { describe, expect, it } from '@jest/globals';
import { BehaviorSubject, of } from 'rxjs';
import { seededRandom } from '../testing/random.js';
import { readScript } from '../testing/scripted-chunk.js';
import { ScriptedVoice } from '../testing/scripted-voice.js';
import { SimulatedLine } from '../testing/simulated-line.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { Playout } from './playout.js';
import type { SettledUtterance } from './settled-utterance.js';

const OPTIONS = {
  leadMs: 140,
  markSpacingMs: 80,
  fenceTimeoutMs: 500,
  replyTimeoutMs: 10_000,
  stallTimeoutMs: 3_000,
};
const WORD_MS = 300;
const SENTENCES = [
  'One is the first of them. ',
  'Two is said by Dr. Hill. ',
  'Three. ',
  'Four is not much of one. ',
  'Five is where it all ends.',
];
const TEXT = SENTENCES.join('');
/** Where sentences end, ms. */
const ENDS = SENTENCES.map((_, index) => wordsOf(SENTENCES.slice(0, index + 1).join('')) * WORD_MS);

function wordsOf(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Says the text, is held once perhaps, and is told somewhere in it to finish its sentence. */
async function finished(seed: number) {
  const random = seededRandom(seed * 7_919 + 1);
  const clock = new VirtualClock();
  const lane = (of: number) => ({ delayMs: 40, jitterMs: 15, random: seededRandom(of) });
  const line = new SimulatedLine(clock, { down: lane(seed), up: lane(seed + 1_000_003) });
  const playout = new Playout(clock, line, OPTIONS);
  const settled: SettledUtterance[] = [];
  line.onMark = (name) => {
    playout.echoed(name);
  };
  playout.settled$.subscribe((account) => settled.push(account));
  const voice = new ScriptedVoice(clock, {
    alignment: random() < 0.5 ? 'words' : 'chars',
    chunkMs: [130, 400, 55, 210],
    chunkDelayMs: () => random() * (random() < 0.1 ? 900 : 220),
  });
  const held$ = new BehaviorSubject(false);
  playout.play(voice.synthesize(of(TEXT)), held$).subscribe();
  const atMs = 200 + random() * 6_000;
  if (random() < 0.5) {
    const heldAtMs = random() * (atMs - 150);
    await clock.advance(heldAtMs);
    held$.next(true);
    await clock.advance(150 * random());
    held$.next(false);
    await clock.advance(atMs - heldAtMs);
  } else await clock.advance(atMs);
  const begunMs = line.buffer.heardBytes().length / 8;
  const isSounding = playout.finishSentence();
  await clock.advance(20_000);
  return { clock, line, voice, settled, begunMs, isSounding };
}

describe('An utterance that is to finish its sentence', () => {
  const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

  it('is heard to the end of that sentence or the one that was being sent, and its account says so: 200 times', async () => {
    let curtailed = 0;
    for (const seed of seeds) {
      const { clock, line, voice, settled, begunMs, isSounding } = await finished(seed);
      expect([seed, settled.length, isSounding]).toEqual([seed, 1, true]);
      const [account] = settled as [SettledUtterance];
      const heardMs = Math.max(...readScript(line.buffer.heardBytes()).map(({ ms }) => ms + 1));
      const sentence = ENDS.findIndex((end) => end + 20 >= heardMs);
      const end = ENDS[sentence] ?? NaN;
      expect([seed, heardMs >= end]).toEqual([seed, true]);
      // Up to 300 ms more than had been heard was on its way.
      const begun = [begunMs, begunMs + 300].map((ms) =>
        ENDS.findIndex((one) => one > ms || one === ENDS.at(-1)),
      );
      expect([seed, begun.includes(sentence)]).toEqual([seed, true]);
      expect([seed, account.heardText]).toEqual([
        seed,
        SENTENCES.slice(0, sentence + 1)
          .join('')
          .trim(),
      ]);
      const { sentMs, synthesizedMs, heardText, unheardText } = account;
      expect([seed, Math.abs(account.heardMs - heardMs) <= 1]).toEqual([seed, true]);
      expect([seed, account.heardMs <= sentMs, sentMs <= synthesizedMs]).toEqual([seed, true, true]);
      expect(TEXT.startsWith(`${heardText} ${unheardText}`.trim())).toBe(true);
      const isWhole = sentence === SENTENCES.length - 1;
      expect([seed, account.ended]).toEqual([seed, isWhole ? account.ended : 'cut']);
      expect([seed, voice.active]).toEqual([seed, 0]);
      if (!isWhole) curtailed++;
      line.buffer.stop();
      await clock.advance(200);
      expect([seed, clock.pendingTimers]).toEqual([seed, 0]);
    }
    expect(curtailed).toBeGreaterThan(100);
  }, 60_000);
});
