import { afterEach, describe, expect, it } from '@jest/globals';
import { CallMeasures, type Measured } from '../src/metrics/call-measures.js';
import { type MeasuredInBuckets, VoiceMetrics } from '../src/metrics/voice-metrics.js';
import { readScript, ScriptedAgent, ScriptedVoice, type SimulatedCall } from '../src/testing/index.js';
import { Host } from './support/host.js';

const CALLS = 10;
const TURNS = 10;
/** Of the network each way in the whole file, ms. */
const DELAY_MS = 40;
const NAMES = ['onsetToClearMs', 'fenceRoundTripMs', 'leadMs', 'firstAudioMs', 'answerLatencyMs'] as const;
const ANSWER = 'This is an answer that goes on for so long that everybody has to interrupt it some time.';

type Figures = Record<MeasuredInBuckets, number[]>;
const nothing = (): Figures => ({
  onsetToClearMs: [],
  fenceRoundTripMs: [],
  leadMs: [],
  firstAudioMs: [],
  answerLatencyMs: [],
});

let host: Host;
afterEach(async () => {
  const closed = host.module.close();
  await host.clock.advance(5_000);
  await closed;
});

/** Each single figure of each call, as the service counts them in its buckets. */
function singly(): Map<string, Figures> {
  const all = new Map<string, Figures>();
  host.registry.started$.subscribe((call) => {
    const figures = nothing();
    all.set(call.callSid, figures);
    const measures = new CallMeasures({
      measured: (what: keyof Measured, ms) => {
        if (what !== 'heardMs' && what !== 'sentMs') figures[what].push(ms);
      },
      turn: () => undefined,
      interruption: () => undefined,
      underruns: () => undefined,
      error: () => undefined,
    });
    call.events$.subscribe((event) => {
      measures.add(event);
    });
  });
  return all;
}

/** Of each utterance that was cut, the audio that was sent and did not reach the caller's ear, ms. */
function leads(call: SimulatedCall): number[] {
  const sent = msByUtterance(Buffer.concat(call.received.map(({ audio = new Uint8Array(0) }) => audio)));
  const heard = msByUtterance(call.heardBytes());
  return [...sent].map(([utterance, ms]) => ms - (heard.get(utterance) ?? 0)).slice(0, TURNS - 1);
}

function msByUtterance(bytes: Uint8Array): Map<number, number> {
  const all = new Map<number, number>();
  for (const { utterance } of readScript(bytes)) all.set(utterance, (all.get(utterance) ?? 0) + 1);
  return all;
}

/** The moment of the first audible sample from `fromMs` on. */
function firstSoundAfter(call: SimulatedCall, fromMs: number): number {
  const audio = call.heardAudio(fromMs, host.clock.now());
  return fromMs + audio.findIndex((byte) => (byte & 0x7f) !== 0x7f) / 8;
}

/** The first and the last loud sample that the caller said between two moments. */
function saidBetween(call: SimulatedCall, fromMs: number, toMs: number) {
  const audio = call.callerAudio(fromMs, toMs);
  const isLoud = (byte: number) => (byte & 0x7f) < 0x60;
  const last = audio.length - 1 - [...audio].reverse().findIndex(isLoud);
  return { onsetMs: fromMs + audio.findIndex(isLoud) / 8, lastMs: fromMs + last / 8 };
}

/** Ten calls of ten turns; nine answers of each are interrupted. */
async function measured(jitterMs: number) {
  host = await Host.boot({
    agent: (clock) => new ScriptedAgent(clock, [{ tokens: ANSWER, firstTokenDelayMs: 300 }]),
    settings: { limits: { turns: 100 } },
  });
  const { clock } = host;
  const figures = singly();
  const lane = { delayMs: DELAY_MS, jitterMs };
  const calls: SimulatedCall[] = [];
  for (let seed = 1; seed <= CALLS; seed++) {
    calls.push(host.dial({ network: { down: lane, up: lane, seed } }));
    await clock.advance(37);
  }
  await clock.advance(1_000);
  const truth = new Map(calls.map((call) => [call.callSid, nothing()]));
  for (let turn = 0; turn < TURNS; turn++) {
    const spoken = calls.map((call, index) => ({
      call,
      fromMs: clock.now(),
      said: call.speak(700 + 37 * ((turn + index) % 9)),
    }));
    await clock.advance(4_100 + 13 * turn);
    for (const { call, fromMs, said } of spoken) {
      const of = truth.get(call.callSid) ?? nothing();
      const { onsetMs, lastMs } = saidBetween(call, fromMs, said.endMs + 50);
      const heardAt = firstSoundAfter(call, said.endMs + 200);
      of.answerLatencyMs.push(heardAt - lastMs);
      if (turn === 0) continue;
      const clearAt = call.clearsSent.at(-1) ?? NaN;
      of.onsetToClearMs.push(clearAt - (onsetMs + DELAY_MS));
    }
  }
  return { calls, figures, truth };
}

const differences = (told: readonly number[], true_: readonly number[]) => {
  expect(told).toHaveLength(true_.length);
  return told.map((ms, index) => Math.abs(ms - (true_[index] ?? NaN)));
};

describe('Over 100 turns', () => {
  it.each([0, 15])('each latency agrees with the audio within 20 ms; jitter ± %i ms', async (jitterMs) => {
    const { calls, figures, truth } = await measured(jitterMs);
    const turns = calls.reduce(
      (sum, call) => sum + (truth.get(call.callSid)?.answerLatencyMs.length ?? 0),
      0,
    );
    expect(turns).toBe(100);
    for (const call of calls) {
      call.hangUp();
      await host.clock.advance(100);
    }
    const off: Partial<Record<MeasuredInBuckets, number>> = {};
    const worst = (what: MeasuredInBuckets, all: number[]) => {
      off[what] = Math.round(Math.max(off[what] ?? 0, ...all));
    };
    for (const call of calls) {
      const told = figures.get(call.callSid) ?? nothing();
      const real = truth.get(call.callSid) ?? nothing();
      worst('answerLatencyMs', differences(told.answerLatencyMs, real.answerLatencyMs));
      worst('onsetToClearMs', differences(told.onsetToClearMs, real.onsetToClearMs));
      // The way there and back, which the network was told.
      expect(told.fenceRoundTripMs).toHaveLength(TURNS - 1);
      worst(
        'fenceRoundTripMs',
        told.fenceRoundTripMs.map((ms) => Math.abs(ms - 2 * DELAY_MS) - jitterMs),
      );
      worst('leadMs', differences(told.leadMs, leads(call)));
      // Between the voice's first audio and the caller's ear there are only the ways of the network.
      worst(
        'firstAudioMs',
        differences(
          told.firstAudioMs,
          real.answerLatencyMs.map((ms) => ms - 2 * DELAY_MS),
        ).map((ms) => ms - jitterMs),
      );
      // The control: a dashboard that forgot one way of the network would be found out.
      expect(
        Math.min(
          ...differences(
            told.answerLatencyMs.map((ms) => ms - DELAY_MS),
            real.answerLatencyMs,
          ),
        ),
      ).toBeGreaterThan(jitterMs === 0 ? 20 : 0);
    }
    if (process.env['SHOW_FIGURES'] !== undefined) console.log({ jitterMs }, off);
    for (const what of NAMES) expect([what, (off[what] ?? NaN) <= 20]).toEqual([what, true]);
  });

  it('the service counts what was measured, and nothing else', async () => {
    const { calls, figures } = await measured(15);
    const { measured: told, ...rest } = host.module.get(VoiceMetrics).snapshot();
    expect(rest.callsInProgress).toBe(CALLS);
    for (const call of calls) call.hangUp();
    await host.clock.advance(1_000);
    const after = host.module.get(VoiceMetrics).snapshot();
    for (const what of NAMES) {
      const all = [...figures.values()].flatMap((one) => one[what]);
      expect(after.measured[what].count).toBe(all.length);
      expect(after.measured[what].sum).toBeCloseTo(
        all.reduce((sum, ms) => sum + ms, 0),
        3,
      );
      expect(told[what].count).toBeGreaterThan(80);
      for (const { upTo, count } of after.measured[what].buckets)
        expect(count).toBe(all.filter((ms) => ms <= upTo).length);
    }
    expect(after).toMatchObject({
      callsInProgress: 0,
      callsStarted: CALLS,
      turns: CALLS * TURNS,
      interruptions: CALLS * (TURNS - 1),
      underruns: 0,
      errors: {},
    });
    expect(Object.values(after.callsEnded)).toEqual([CALLS]);
    // What was sent and what was heard of it, by the bytes at the callers' ears.
    const heardMs = calls.reduce((sum, call) => sum + readScript(call.heardBytes()).length, 0);
    expect(Math.abs(after.heardMs - heardMs)).toBeLessThan(CALLS * TURNS * 20);
    const sentMs = calls
      .flatMap(({ received }) => received)
      .reduce((sum, { audio }) => sum + (audio?.length ?? 0) / 8, 0);
    expect(Math.abs(after.sentMs - sentMs)).toBeLessThan(CALLS * 100); // what was under way at the hang-up
    expect(after.sentMs - after.heardMs).toBeGreaterThan(after.measured.leadMs.sum);
  });
});

describe('An underrun', () => {
  it.each([
    [60, 0],
    [1_500, 1],
  ])('is counted when the caller hears a gap: chunks %i ms late', async (lateMs, least) => {
    const voice = (clock: Host['clock']) =>
      new ScriptedVoice(clock, { chunkMs: 400, chunkDelayMs: (chunk) => (chunk === 3 ? lateMs : 20) });
    host = await Host.boot({ agent: (clock) => new ScriptedAgent(clock, [ANSWER]), voice });
    const call = host.dial();
    await host.clock.advance(1_000);
    const { endMs } = call.speak(600);
    await host.clock.advance(12_000);
    const from = firstSoundAfter(call, endMs + 200);
    const gaps = call.heard.filter(({ startMs }) => startMs > from + 1).length;
    expect(host.module.get(VoiceMetrics).snapshot().underruns).toBe(gaps);
    expect(gaps).toBe(least);
  });
});

describe('Failures and refusals', () => {
  it('are counted by kind, and by reason', async () => {
    host = await Host.boot({
      agent: (clock) => new ScriptedAgent(clock, [{ fails: 'throws' }]),
      settings: { limits: { maxStreams: 1 } },
    });
    const call = host.dial();
    await host.clock.advance(1_000);
    call.speak(600);
    await host.clock.advance(3_000);
    const second = host.dial();
    await host.clock.advance(1_000);
    expect(second.endedBy).toBe('reject');
    const { errors, refusals } = host.module.get(VoiceMetrics).snapshot();
    expect(errors).toEqual({ Error: 1 });
    expect(refusals.calls).toEqual({ maxStreams: 1 });
  });
});
