import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  BehaviorSubject,
  concat,
  NEVER,
  Observable,
  of,
  Subject,
  Subscription,
  takeUntil,
  throwError,
} from 'rxjs';
import { seededRandom } from '../testing/random.js';
import { readScript, scriptedAudio } from '../testing/scripted-chunk.js';
import { SimulatedLine, type SimulatedLineOptions } from '../testing/simulated-line.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import type { SpeechChunk } from '../tts/voice.js';
import { Playout, type PlayoutOptions } from './playout.js';
import { SpeechStalledError, type SettledUtterance } from './settled-utterance.js';

const OPTIONS: PlayoutOptions = {
  leadMs: 140,
  markSpacingMs: 80,
  fenceTimeoutMs: 500,
  replyTimeoutMs: 10_000,
  stallTimeoutMs: 3_000,
};

const speech = (utterance: number, ms: number): Observable<SpeechChunk> =>
  of({ audio: scriptedAudio(utterance, 0, ms) });

const network = (seed: number, delayMs = 40, jitterMs = 15): SimulatedLineOptions => ({
  down: { delayMs, jitterMs, random: seededRandom(seed) },
  up: { delayMs, jitterMs, random: seededRandom(seed + 1_000_003) },
});

function setUp(line: SimulatedLineOptions = {}, options: Partial<PlayoutOptions> = {}) {
  const clock = new VirtualClock();
  const far = new SimulatedLine(clock, line);
  const playout = new Playout(clock, far, { ...OPTIONS, ...options });
  const settled: SettledUtterance[] = [];
  far.onMark = (name) => {
    playout.echoed(name);
  };
  playout.settled$.subscribe((account) => settled.push(account));
  return { clock, far, playout, settled };
}

type Bench = ReturnType<typeof setUp>;

const percentile = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;

describe('an utterance that is not interrupted', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = setUp(network(1));
  });

  it('is heard whole, in order, without a gap, and completes when its last byte has been played', async () => {
    let completedAt = 0;
    bench.playout.play(speech(1, 3_007)).subscribe({ complete: () => (completedAt = bench.clock.now()) });
    await bench.clock.advance(5_000);
    const [stretch, ...more] = bench.far.buffer.heard;
    expect(more).toEqual([]);
    expect(readScript(bench.far.buffer.heardBytes()).map(({ ms }) => ms)).toEqual([...Array(3_007).keys()]);
    expect(completedAt).toBeGreaterThan(stretch!.endMs);
    expect(completedAt).toBeLessThan(stretch!.endMs + 60);
    expect(bench.settled).toMatchObject([
      { ended: 'played', heardMs: 3_007, synthesizedMs: 3_007, method: 'marks' },
    ]);
  });

  it('is sent in frames of 160 bytes, the tail padded with silence', async () => {
    const sizes = new Set<number>();
    const { media } = bench.far;
    bench.far.media = (audio) => {
      sizes.add(audio.length);
      media.call(bench.far, audio);
    };
    const audio = scriptedAudio(1, 0, 333).subarray(0, 333 * 8 - 3);
    bench.playout.play(of({ audio: audio.subarray(0, 77) }, { audio: audio.subarray(77) })).subscribe();
    await bench.clock.advance(2_000);
    expect([...sizes]).toEqual([160]);
    const heard = bench.far.buffer.heardBytes();
    expect(heard.subarray(0, audio.length)).toEqual(audio);
    expect(heard.subarray(audio.length).every((byte) => byte === 0xff)).toBe(true);
    expect(heard.length).toBe(340 * 8);
  });

  it('never has a clear sent after it, nor one before anything was sent', async () => {
    const waiting = bench.playout.play(NEVER).subscribe();
    await bench.clock.advance(100);
    waiting.unsubscribe();
    const playing = bench.playout.play(speech(2, 500)).subscribe();
    await bench.clock.advance(2_000);
    playing.unsubscribe();
    await bench.clock.advance(1_000);
    expect(bench.far.clearsSent).toBe(0);
    expect(bench.settled.map(({ ended }) => ended)).toEqual(['cut', 'played']);
  });

  it('with no speech at all completes at once and sends nothing', async () => {
    let completed = false;
    bench.playout.play(of()).subscribe({ complete: () => (completed = true) });
    await bench.clock.advance(0);
    expect(completed).toBe(true);
    expect(bench.far.sentBytes).toBe(0);
    expect(bench.settled).toMatchObject([{ ended: 'played', heardMs: 0 }]);
  });
});

describe('what Twilio holds', () => {
  const run = async (seed: number, jitterMs: number, stall?: (bench: Bench) => void) => {
    const bench = setUp(network(seed, 40, jitterMs));
    bench.playout.play(speech(1, 12_000)).subscribe();
    await bench.clock.advance(5_000 + seed * 7);
    stall?.(bench);
    await bench.clock.advance(20_000);
    return { peak: bench.far.buffer.peakHeldMs, gaps: bench.far.buffer.heard.length - 1, bench };
  };

  it('stays within 200 ms, and never runs dry, at 40 +- 15 ms', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { peak, gaps } = await run(seed, 15);
      expect(peak).toBeLessThanOrEqual(200);
      expect(gaps).toBe(0);
    }
  });

  it.each([150, 1_000, 4_000])(
    'stays within 320 ms after a stall of %i ms, in either or both directions',
    async (ms) => {
      const ways: ((bench: Bench) => void)[] = [
        ({ far }) => {
          far.down.stall(ms);
        },
        ({ far }) => {
          far.up.stall(ms);
        },
        ({ far }) => {
          far.down.stall(ms);
          far.up.stall(ms);
        },
      ];
      for (let seed = 0; seed < 8; seed++)
        for (const stall of ways) {
          const { peak, bench } = await run(seed, 15, stall);
          expect(peak).toBeLessThanOrEqual(320);
          expect(readScript(bench.far.buffer.heardBytes()).length).toBe(12_000);
        }
    },
  );

  it('never runs dry in ten minutes of speech at 40 +- 15 ms', async () => {
    const bench = setUp(network(21));
    bench.playout.play(speech(1, 600_000)).subscribe();
    await bench.clock.advance(605_000);
    expect(bench.far.buffer.heard).toHaveLength(1);
    expect(bench.far.buffer.peakHeldMs).toBeLessThanOrEqual(200);
    expect(bench.settled).toMatchObject([{ ended: 'played', heardMs: 600_000 }]);
  });

  it('lasts through a stall of 150 ms', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { gaps } = await run(seed, 0, ({ far }) => {
        far.down.stall(150);
      });
      expect(gaps).toBe(0);
    }
  });

  it('returns to the usual lead after a stall: the lag does not stay', async () => {
    const bench = setUp(network(3, 40, 0));
    bench.playout.play(speech(1, 12_000)).subscribe();
    await bench.clock.advance(3_000);
    bench.far.down.stall(1_000);
    await bench.clock.advance(3_000);
    bench.far.buffer.resetPeak();
    await bench.clock.advance(4_000);
    expect(bench.far.buffer.peakHeldMs).toBeLessThanOrEqual(200);
  });

  it('is the whole minute with pacing off, and one clear still silences it', async () => {
    const bench = setUp(network(4), { leadMs: Infinity });
    const subscription = bench.playout.play(speech(1, 60_000)).subscribe();
    await bench.clock.advance(2_000);
    expect(bench.far.buffer.heldMs).toBeGreaterThan(57_000);
    subscription.unsubscribe();
    await bench.clock.advance(60);
    expect(bench.far.buffer.heldMs).toBe(0);
    await bench.clock.advance(60_000);
    expect(bench.far.clearsSent).toBe(1);
    expect(bench.settled).toMatchObject([{ ended: 'cut', sentMs: 60_000 }]);
  });

  it('goes on being fed when the far end returns no marks at all', async () => {
    const bench = setUp(network(5));
    bench.far.onMark = () => undefined;
    bench.playout.play(speech(1, 4_000)).subscribe();
    await bench.clock.advance(15_000);
    expect(readScript(bench.far.buffer.heardBytes()).length).toBe(4_000);
    expect(bench.settled).toMatchObject([{ ended: 'played', method: 'clock' }]);
  });
});

describe('a cut', () => {
  it.each([140, 600])(
    'silences the ear within the one-way delay and 20 ms, with a lead of %i ms',
    async (leadMs) => {
      for (let seed = 0; seed < 20; seed++) {
        const bench = setUp(network(seed), { leadMs });
        const subscription = bench.playout.play(speech(1, 20_000)).subscribe();
        await bench.clock.advance(700 + seed * 13.7);
        const heldMs = bench.far.buffer.heldMs;
        const cutAt = bench.clock.now();
        subscription.unsubscribe();
        await bench.clock.advance(20_000);
        const silentAt = bench.far.buffer.heard.at(-1)!.endMs;
        expect(silentAt - cutAt).toBeLessThanOrEqual(55 + 20);
        if (leadMs === 600) expect(heldMs).toBeGreaterThan(4 * (55 + 20));
      }
    },
  );

  it('is followed by no audio of its utterance, even if chunks come late', async () => {
    const bench = setUp(network(7));
    const source = new Subject<SpeechChunk>();
    const subscription = bench.playout.play(source).subscribe();
    source.next({ audio: scriptedAudio(1, 0, 2_000) });
    await bench.clock.advance(500);
    subscription.unsubscribe();
    const sent = bench.far.sentBytes;
    source.next({ audio: scriptedAudio(1, 0, 2_000) });
    await bench.clock.advance(3_000);
    expect(bench.far.sentBytes).toBe(sent);
    expect(source.observed).toBe(false);
  });

  it('stops the source before the clear goes out', () => {
    const order: string[] = [];
    const bench = setUp();
    bench.far.clear = () => order.push('clear');
    const source = new Observable<SpeechChunk>((subscriber) => {
      subscriber.next({ audio: scriptedAudio(1, 0, 1_000) });
      return () => order.push('source stopped');
    });
    bench.playout.play(source).subscribe().unsubscribe();
    expect(order).toEqual(['source stopped', 'clear']);
  });

  it.each([0, 40])('has its clear and its account though its source throws as it is stopped: %i ms away', async (delayMs) => {
    const { clock, far, playout, settled } = setUp({ down: { delayMs }, up: { delayMs } });
    const source = new Observable<SpeechChunk>((subscriber) => {
      subscriber.next({ audio: scriptedAudio(1, 0, 2_000) });
      return () => {
        throw new Error('not to be stopped');
      };
    });
    const playing = playout.play(source).subscribe();
    await clock.advance(1_000);
    expect(() => {
      playout.silence();
      playing.unsubscribe();
    }).not.toThrow();
    await clock.advance(1_000);
    expect([far.clearsSent, settled.map(({ ended }) => ended)]).toEqual([1, ['cut']]);
  }); // prettier-ignore

  it('may be silenced first: one clear goes out at once, and the cut that follows adds nothing', async () => {
    const bench = setUp(network(23));
    const source = new Subject<SpeechChunk>();
    const subscription = bench.playout.play(source).subscribe();
    bench.playout.silence();
    source.next({ audio: scriptedAudio(1, 0, 2_000) });
    await bench.clock.advance(500);
    bench.playout.silence();
    const sent = bench.far.sentBytes;
    source.next({ audio: scriptedAudio(1, 0, 2_000) });
    expect(bench.far.clearsSent).toBe(1);
    subscription.unsubscribe();
    bench.playout.silence();
    await bench.clock.advance(3_000);
    expect([bench.far.clearsSent, bench.far.sentBytes]).toEqual([1, sent]);
    expect(bench.settled).toMatchObject([{ ended: 'cut', method: 'fence' }]);
  });

  it('is settled once when the fence returns while the clear is being written', async () => {
    const bench = setUp();
    const { mark } = bench.far;
    bench.far.mark = (name) => {
      if (name.includes('.f')) bench.playout.echoed(name);
      else mark.call(bench.far, name);
    };
    bench.playout.play(speech(1, 5_000)).subscribe();
    await bench.clock.advance(1_000);
    bench.playout.silence();
    expect(bench.settled).toMatchObject([{ ended: 'cut', method: 'fence' }]);
    await bench.clock.advance(3_000);
    expect([bench.settled.length, bench.far.clearsSent]).toEqual([1, 1]);
  });

  it('is settled when the fence returns; without one, by the clock after the deadline', async () => {
    const bench = setUp(network(8, 40, 0));
    const first = bench.playout.play(speech(1, 5_000)).subscribe();
    await bench.clock.advance(1_000);
    first.unsubscribe();
    expect(bench.settled).toEqual([]);
    await bench.clock.advance(81);
    expect(bench.settled).toMatchObject([{ ended: 'cut', method: 'fence' }]);
    const second = bench.playout.play(speech(2, 5_000)).subscribe();
    await bench.clock.advance(1_000);
    bench.far.onMark = () => undefined;
    second.unsubscribe();
    await bench.clock.advance(499);
    expect(bench.settled).toHaveLength(1);
    await bench.clock.advance(1);
    expect(bench.settled[1]).toMatchObject({ ended: 'cut', method: 'clock' });
    expect(Math.abs(bench.settled[1]!.heardMs - lastHeard(bench, 2))).toBeLessThanOrEqual(30);
  });

  it('lets the next utterance start at once: its audio follows the clear and is heard whole', async () => {
    const bench = setUp(network(9));
    const first = bench.playout.play(speech(1, 5_000)).subscribe();
    await bench.clock.advance(800);
    first.unsubscribe();
    bench.playout.play(speech(2, 1_000)).subscribe();
    await bench.clock.advance(3_000);
    const heard = readScript(bench.far.buffer.heardBytes());
    const start = heard.findIndex(({ utterance }) => utterance === 2);
    expect(heard.slice(start).map(({ ms }) => ms)).toEqual([...Array(1_000).keys()]);
    expect(bench.settled.map(({ ended }) => ended)).toEqual(['cut', 'played']);
  });

  it('lets no utterance start in complete: its audio would precede the clear', async () => {
    const bench = setUp(network(10));
    const cut$ = new Subject<void>();
    let refused: unknown;
    bench.playout
      .play(speech(1, 5_000))
      .pipe(takeUntil(cut$))
      .subscribe({
        complete: () =>
          bench.playout.play(speech(2, 1_000)).subscribe({ error: (error: unknown) => (refused = error) }),
      });
    await bench.clock.advance(800);
    cut$.next();
    await bench.clock.advance(1_000);
    expect(refused).toBeInstanceOf(Error);
    expect(lastHeard(bench, 2)).toBe(0);
  });

  it('refuses a second utterance while one is playing', () => {
    const bench = setUp();
    let error: unknown;
    bench.playout.play(speech(1, 1_000)).subscribe();
    bench.playout.play(speech(2, 1_000)).subscribe({ error: (reason: unknown) => (error = reason) });
    expect((error as Error).message).toMatch(/playing already/);
  });
});

/** ms of `utterance` the caller has heard: the truth. */
function lastHeard(bench: Bench, utterance: number): number {
  const blocks = readScript(bench.far.buffer.heardBytes()).filter((block) => block.utterance === utterance);
  return blocks.reduce((most, { ms }) => Math.max(most, ms + 1), 0);
}

describe('the heard position', () => {
  /** One random cut; the voice delivers in pieces, faster or slower than real time. */
  async function randomCut(
    seed: number,
    jitterMs: number,
  ): Promise<{ error: number; account: SettledUtterance }> {
    const random = seededRandom(seed * 7_919 + 1);
    const bench = setUp(network(seed, 40, jitterMs), random() < 0.2 ? { leadMs: 400 } : {});
    const source = new Subject<SpeechChunk>();
    const totalMs = Math.floor(200 + random() * 4_000);
    const rate = random() < 0.3 ? 0.8 : 5;
    const pieceMs = Math.floor(20 + random() * 400);
    const audio = scriptedAudio(1, 0, totalMs);
    for (let at = 0, index = 0; at < totalMs; at += pieceMs, index++)
      bench.clock.after((index * pieceMs) / rate, () => {
        source.next({ audio: audio.subarray(at * 8, Math.min(totalMs, at + pieceMs) * 8) });
        if (at + pieceMs >= totalMs) source.complete();
      });
    const subscription = bench.playout.play(source).subscribe();
    const cutMs = random() < 0.25 ? random() * 150 : random() * (totalMs + 500);
    // Now and then in the very tick of a frame: which of the two comes first must not matter.
    await bench.clock.advance(random() < 0.2 ? Math.round(cutMs / 10) * 10 : cutMs);
    subscription.unsubscribe();
    if (random() < 0.2) {
      const second = bench.playout.play(speech(2, 3_000)).subscribe();
      await bench.clock.advance(random() * 60);
      second.unsubscribe();
    }
    await bench.clock.advance(2_000);
    const account = bench.settled.find(({ utterance }) => utterance === 1)!;
    const error = account.heardMs - lastHeard(bench, 1);
    return { error, account };
  }

  it.each([
    { jitterMs: 15, p95: 30 },
    { jitterMs: 0, p95: 20 },
  ])('is right over 500 random cuts: p95 <= $p95 ms at 40 +- $jitterMs ms', async ({ jitterMs, p95 }) => {
    const errors: number[] = [];
    for (let seed = 0; seed < 500; seed++) {
      const { error, account } = await randomCut(seed, jitterMs);
      errors.push(error);
      expect(Number.isInteger(account.heardMs)).toBe(true);
      expect(account.heardMs).toBeLessThanOrEqual(account.sentMs);
    }
    const sizes = errors.map(Math.abs);
    if (process.env.SHOW_FIGURES !== undefined)
      console.log({
        jitterMs,
        p50: percentile(sizes, 0.5),
        p95: percentile(sizes, 0.95),
        max: Math.max(...sizes),
        signed: percentile(errors, 0.5),
      });
    expect(percentile(sizes, 0.95)).toBeLessThanOrEqual(p95);
  });

  it('is not moved by the echoes of cleared marks', async () => {
    const bench = setUp(network(11, 40, 0), { leadMs: 2_000 });
    const subscription = bench.playout.play(speech(1, 5_000)).subscribe();
    await bench.clock.advance(500);
    subscription.unsubscribe();
    await bench.clock.advance(1_000);
    expect(bench.settled[0]!.sentMs).toBeGreaterThan(2_000);
    expect(Math.abs(bench.settled[0]!.heardMs - lastHeard(bench, 1))).toBeLessThanOrEqual(5);
  });
});

describe('the demand for speech', () => {
  it('pauses while more than five seconds wait, comes back in time, and ends with the utterance', async () => {
    const bench = setUp(network(22));
    const source = new Subject<SpeechChunk>();
    const subscription = bench.playout.play(source).subscribe();
    const asked: number[] = [];
    const ask = () =>
      void bench.playout.demand().then(() => {
        asked.push(Math.round(bench.clock.now() / 100) * 100);
      });
    ask();
    await bench.clock.advance(0);
    expect(asked).toEqual([0]);
    source.next({ audio: scriptedAudio(1, 0, 8_000) });
    ask();
    await bench.clock.advance(2_500);
    expect(asked).toEqual([0]);
    await bench.clock.advance(500);
    expect(asked).toEqual([0, 2_800]);
    source.next({ audio: scriptedAudio(1, 8_000, 16_000) });
    ask();
    subscription.unsubscribe();
    await bench.clock.advance(200);
    expect(asked).toHaveLength(3);
  });
});

describe('an echo that makes no sense', () => {
  it.each(['u1.g0.99999', 'u1.g7.80', 'u9.g0.80', 'u1.g0.f0', 'somebody', ''])(
    '"%s" changes nothing',
    async (name) => {
      const bench = setUp(network(19, 40, 0));
      const subscription = bench.playout.play(speech(1, 3_000)).subscribe();
      await bench.clock.advance(500);
      bench.playout.echoed(name);
      await bench.clock.advance(500);
      subscription.unsubscribe();
      await bench.clock.advance(1_000);
      expect(bench.settled).toHaveLength(1);
      expect(bench.far.buffer.peakHeldMs).toBeLessThanOrEqual(200);
      expect(Math.abs(bench.settled[0]!.heardMs - lastHeard(bench, 1))).toBeLessThanOrEqual(5);
    },
  );
});

describe('a held utterance', () => {
  it('is silent while held and goes on from the heard position, so that no word is lost', async () => {
    const bench = setUp(network(12));
    const held$ = new BehaviorSubject(false);
    bench.playout.play(speech(1, 4_000), held$).subscribe();
    await bench.clock.advance(1_234);
    held$.next(true);
    await bench.clock.advance(800);
    expect(bench.far.buffer.heldMs).toBe(0);
    held$.next(false);
    await bench.clock.advance(6_000);
    const [before, after] = bench.far.buffer.heard;
    expect(after!.startMs - before!.endMs).toBeGreaterThan(700);
    const heard = readScript(bench.far.buffer.heardBytes()).map(({ ms }) => ms);
    const join = heard.findIndex((ms, index) => index > 0 && ms !== heard[index - 1]! + 1);
    if (join > 0) expect(Math.abs(heard[join]! - heard[join - 1]!)).toBeLessThanOrEqual(30);
    expect(heard.at(-1)).toBe(3_999);
    expect(bench.settled).toMatchObject([{ ended: 'played', heardMs: 4_000 }]);
  });

  it.each(['at once', 'while the fence is under way', 'later'])(
    'is let go %s without a word lost',
    async (when) => {
      const bench = setUp(network(13));
      const held$ = new BehaviorSubject(false);
      bench.playout.play(speech(1, 2_000), held$).subscribe();
      await bench.clock.advance(900);
      held$.next(true);
      if (when !== 'at once') await bench.clock.advance(when === 'later' ? 300 : 30);
      held$.next(false);
      await bench.clock.advance(4_000);
      const heard = new Set(readScript(bench.far.buffer.heardBytes()).map(({ ms }) => ms));
      expect(heard.size).toBeGreaterThanOrEqual(2_000 - 30);
      expect(bench.settled).toMatchObject([{ ended: 'played' }]);
    },
  );

  it('can be cut while held, and is accounted once', async () => {
    const bench = setUp(network(14));
    const subscription = bench.playout.play(speech(1, 2_000), of(true)).subscribe();
    await bench.clock.advance(500);
    subscription.unsubscribe();
    await bench.clock.advance(1_000);
    expect(bench.settled).toMatchObject([{ ended: 'cut', heardMs: 0 }]);
    expect(bench.far.sentBytes).toBe(0);
  });
});

describe('a voice that is in trouble', () => {
  it('slower than the telephone leaves gaps but loses nothing', async () => {
    const bench = setUp(network(15));
    const source = new Subject<SpeechChunk>();
    bench.playout.play(source).subscribe();
    for (let at = 0; at < 10; at++) {
      source.next({ audio: scriptedAudio(1, 0, 2_000).subarray(at * 1_600, at * 1_600 + 1_600) });
      await bench.clock.advance(400);
    }
    source.complete();
    await bench.clock.advance(1_000);
    expect(readScript(bench.far.buffer.heardBytes()).map(({ ms }) => ms)).toEqual([...Array(2_000).keys()]);
    expect(bench.settled).toMatchObject([{ ended: 'played' }]);
  });

  it('that fails is heard to where it came, then the failure is passed on', async () => {
    const bench = setUp(network(16));
    const boom = new Error('boom');
    let failure: unknown;
    bench.playout
      .play(
        concat(
          speech(1, 1_000),
          throwError(() => boom),
        ),
      )
      .subscribe({ error: (error: unknown) => (failure = error) });
    await bench.clock.advance(500);
    expect(failure).toBeUndefined();
    await bench.clock.advance(1_500);
    expect(failure).toBe(boom);
    expect(bench.settled).toMatchObject([{ ended: 'failed', heardMs: 1_000, error: boom }]);
  });

  it.each([
    { when: 'that never starts', source: () => NEVER, failsAt: 10_000 },
    { when: 'that stops in the middle', source: () => concat(speech(1, 1_000), NEVER), failsAt: 4_000 },
  ])('$when fails after its deadline', async ({ source, failsAt }) => {
    const bench = setUp(network(17));
    let failure: unknown;
    bench.playout.play(source()).subscribe({ error: (error: unknown) => (failure = error) });
    await bench.clock.advance(failsAt - 200);
    expect(failure).toBeUndefined();
    await bench.clock.advance(500);
    expect(failure).toBeInstanceOf(SpeechStalledError);
  });
});

describe('the end of the stream', () => {
  it('settles what was playing as lost and leaves no timer behind', async () => {
    const bench = setUp(network(18, 40, 0));
    let completed = false;
    const subscriptions = new Subscription();
    subscriptions.add(bench.playout.play(speech(1, 5_000)).subscribe({ complete: () => (completed = true) }));
    await bench.clock.advance(1_000);
    bench.playout.close();
    expect(completed).toBe(true);
    expect(bench.settled).toMatchObject([{ ended: 'lost' }]);
    expect(Math.abs(bench.settled[0]!.heardMs - 960)).toBeLessThanOrEqual(30);
    bench.far.buffer.stop();
    await bench.clock.advance(200);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('makes a later utterance complete without a sound', () => {
    const bench = setUp();
    bench.playout.close();
    let completed = false;
    bench.playout.play(speech(1, 1_000)).subscribe({ complete: () => (completed = true) });
    expect(completed).toBe(true);
    expect(bench.far.sentBytes).toBe(0);
  });
});

describe('a far end without any delay, which answers inside our own write', () => {
  it('is served correctly: nothing is sent twice, nothing after a clear', async () => {
    const bench = setUp();
    const cut$ = new Subject<void>();
    bench.playout.play(speech(1, 3_000)).pipe(takeUntil(cut$)).subscribe();
    await bench.clock.advance(1_000);
    cut$.next();
    bench.playout.play(speech(2, 1_000)).subscribe();
    await bench.clock.advance(3_000);
    expect(bench.settled).toMatchObject([
      { utterance: 1, ended: 'cut', heardMs: 1_000 },
      { utterance: 2, ended: 'played', heardMs: 1_000 },
    ]);
    expect(lastHeard(bench, 1)).toBe(1_000);
  });
});
