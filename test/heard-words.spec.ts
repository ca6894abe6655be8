import { afterAll, describe, expect, it } from '@jest/globals';
import { lastValueFrom, of, toArray } from 'rxjs';
import { Playout } from '../src/playout/playout.js';
import type { SettledUtterance } from '../src/playout/settled-utterance.js';
import { ScriptedVoice, seededRandom, SimulatedLine, VirtualClock } from '../src/testing/index.js';
import { OfflineVoice } from '../src/tts/offline/index.js';
import type { SpeechChunk } from '../src/tts/voice.js';

const TEXT =
  'Good morning, and thank you for waiting. Your order number 4711 was sent on May 3rd, and Dr. Miller signed for it. ' +
  'It cost $12.50, which is 15% less than last year. If anything is missing, please tell me now, and I will look into it at once.';

const offline = new OfflineVoice();
afterAll(() => offline.close());

interface Word {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The words of the chunks with their times from the first byte: the truth, as far as the voice knows it. */
function words(chunks: readonly SpeechChunk[]): Word[] {
  let atMs = 0;
  return chunks.flatMap(({ audio, alignment = [] }) => {
    const from = atMs;
    atMs += audio.length / 8;
    return alignment.map(({ text, startMs, endMs }) => ({
      text,
      startMs: from + startMs,
      endMs: from + endMs,
    }));
  });
}

async function cut(chunks: readonly SpeechChunk[], cutMs: number, seed: number) {
  const clock = new VirtualClock();
  const network = { delayMs: 40, jitterMs: 15 };
  const line = new SimulatedLine(clock, {
    down: { ...network, random: seededRandom(seed) },
    up: { ...network, random: seededRandom(seed + 500) },
  });
  const playout = new Playout(clock, line, {
    leadMs: 140,
    markSpacingMs: 80,
    fenceTimeoutMs: 500,
    replyTimeoutMs: 5_000,
    stallTimeoutMs: 3_000,
  });
  line.onMark = (name) => {
    playout.echoed(name);
  };
  let account: SettledUtterance | undefined;
  playout.settled$.subscribe((settled) => (account = settled));
  const subscription = playout.play(of(...chunks)).subscribe();
  await clock.advance(cutMs);
  subscription.unsubscribe();
  await clock.advance(1_000);
  return { account: account!, earMs: line.buffer.heardBytes().length / 8 };
}

const count = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;

async function offBy(chunks: readonly SpeechChunk[], cuts: number): Promise<{ worst: number; off: number }> {
  const random = seededRandom(cuts);
  const all = words(chunks);
  const totalMs = chunks.reduce((sum, { audio }) => sum + audio.length / 8, 0);
  let worst = 0;
  let off = 0;
  for (let seed = 1; seed <= cuts; seed++) {
    const { account, earMs } = await cut(chunks, random() * (totalMs + 200), seed);
    const heard = all.filter(({ startMs, endMs }) => (startMs + endMs) / 2 <= earMs);
    const difference = Math.abs(count(account.heardText) - count(heard.map(({ text }) => text).join('')));
    worst = Math.max(worst, difference);
    if (difference > 0) off++;
    expect(`${account.heardText} ${account.unheardText}`.trim().replace(/\s+/g, ' ')).toBe(
      all
        .map(({ text }) => text)
        .join('')
        .trim()
        .replace(/\s+/g, ' '),
    );
  }
  return { worst, off };
}

describe('the heard words of a cut utterance', () => {
  it('are never off by more than one over 250 random cuts of the offline voice', async () => {
    const chunks = await lastValueFrom(offline.synthesize(of(TEXT)).pipe(toArray()));
    const { worst, off } = await offBy(chunks, 250);
    if (process.env['SHOW_FIGURES'] !== undefined) console.log('offline', { worst, off });
    expect(worst).toBeLessThanOrEqual(1);
  });

  it.each(['words', 'chars'] as const)(
    'are never off by more than one over 250 random cuts of a voice with %s',
    async (alignment) => {
      const clock = new VirtualClock();
      const voice = new ScriptedVoice(clock, { msPerWord: 280, chunkMs: [37, 400, 90], alignment });
      const done = lastValueFrom(voice.synthesize(of(TEXT)).pipe(toArray()));
      await clock.advance(60_000);
      const { worst, off } = await offBy(await done, 250);
      if (process.env['SHOW_FIGURES'] !== undefined) console.log(alignment, { worst, off });
      expect(worst).toBeLessThanOrEqual(1);
    },
  );
});
