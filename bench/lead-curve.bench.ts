import { it } from '@jest/globals';
import { of } from 'rxjs';
import { Playout } from '../src/playout/playout.js';
import type { SettledUtterance } from '../src/playout/settled-utterance.js';
import { seededRandom, SimulatedLine, VirtualClock } from '../src/testing/index.js';

/** What the lead costs and buys: gaps, audio held at Twilio and error of the heard position, at 40 +- 15 ms each way. */
const LEADS_MS = [40, 60, 80, 100, 120, 140, 160, 200, 300];
const SEEDS = 60;

function setUp(leadMs: number, seed: number, jitterMs = 15) {
  const clock = new VirtualClock();
  const line = new SimulatedLine(clock, {
    down: { delayMs: 40, jitterMs, random: seededRandom(seed) },
    up: { delayMs: 40, jitterMs, random: seededRandom(seed + 1_000) },
  });
  const playout = new Playout(clock, line, {
    leadMs,
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
  const play = (ms: number) => playout.play(of({ audio: new Uint8Array(ms * 8).fill(1) })).subscribe();
  return { clock, line, play, account: () => account };
}

async function gapsPerMinute(
  leadMs: number,
  stallMs: number,
  jitterMs = 15,
): Promise<{ gaps: number; peakMs: number }> {
  let gaps = 0;
  let peakMs = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { clock, line, play } = setUp(leadMs, seed, jitterMs);
    play(10_000);
    await clock.advance(4_000 + seed * 7);
    if (stallMs > 0) line.down.stall(stallMs);
    await clock.advance(20_000);
    gaps += line.buffer.heard.length - 1;
    peakMs = Math.max(peakMs, line.buffer.peakHeldMs);
  }
  return { gaps: gaps / SEEDS, peakMs: Math.round(peakMs) };
}

async function heardError(leadMs: number): Promise<{ p50: number; p95: number }> {
  const errors: number[] = [];
  for (let seed = 0; seed < 4 * SEEDS; seed++) {
    const { clock, line, play, account } = setUp(leadMs, seed + 5_000);
    const subscription = play(20_000);
    await clock.advance(200 + ((seed * 97.3) % 4_000));
    subscription.unsubscribe();
    await clock.advance(1_000);
    errors.push(Math.abs((account()?.heardMs ?? 0) - line.buffer.heardBytes().length / 8));
  }
  errors.sort((a, b) => a - b);
  const at = (part: number) => Math.round(errors[Math.floor(errors.length * part)] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95) };
}

it('prints the curve', async () => {
  const rows = [];
  for (const leadMs of LEADS_MS) {
    const calm = await gapsPerMinute(leadMs, 0);
    const short = await gapsPerMinute(leadMs, 150);
    const steady = await gapsPerMinute(leadMs, 150, 0);
    const long = await gapsPerMinute(leadMs, 1_000);
    const error = await heardError(leadMs);
    rows.push({
      'lead ms': leadMs,
      'gaps, 10 s': calm.gaps.toFixed(2),
      'held ms': calm.peakMs,
      'gaps, 150 ms stall': short.gaps.toFixed(2),
      'the same, no jitter': steady.gaps.toFixed(2),
      'held after 1 s stall': long.peakMs,
      'heard error p50': error.p50,
      'heard error p95': error.p95,
    });
  }
  console.table(rows);
}, 600_000);
