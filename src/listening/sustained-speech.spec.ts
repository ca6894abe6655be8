import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LISTENING_PROFILES } from './listening-profiles.js';
import { SustainedSpeech, type SustainedSpeechOptions } from './sustained-speech.js';

const WINDOW_MS = 20;
/** Plain numbers, so that tuning the defaults moves no boundary here. */
const OPTIONS: SustainedSpeechOptions = {
  quiet: { voicedMs: 120, withinMs: 240, probability: 0.5, minimumDb: -60 },
  talking: { voicedMs: 200, withinMs: 400, probability: 0.6, minimumDb: -44 },
  maxGapMs: 100,
  stayProbability: 0.35,
  stayDb: 6,
  stayVoicedMs: 60,
  endpointing: { minMs: 700, maxMs: 700, pauseFactor: 0 },
};
interface Sound {
  readonly ms: number;
  readonly probability?: number;
  readonly levelDb?: number;
  readonly talking?: boolean;
}

const voice = (ms: number, rest: Omit<Sound, 'ms'> = {}): Sound => ({ ms, probability: 0.9, ...rest });
const gap = (ms: number, rest: Omit<Sound, 'ms'> = {}): Sound => ({ ms, probability: 0.1, ...rest });
const times = (count: number, ...sounds: Sound[]) => Array.from({ length: count }, () => sounds).flat();

function hear(sounds: readonly Sound[], rule = new SustainedSpeech(OPTIONS)): string[] {
  const changes: string[] = [];
  let now = 0;
  for (const { ms, probability = 0.9, levelDb = -26, talking = false } of sounds)
    for (let at = 0; at < ms; at += WINDOW_MS) {
      now += WINDOW_MS;
      const change = rule.push(probability, levelDb, WINDOW_MS, talking);
      if (change !== undefined) changes.push(`${change} at ${now}`);
    }
  return changes;
}

describe('the rule for sustained speech', () => {
  const ours = { talking: true };
  it.each<{ fact: string; sounds: Sound[]; changes: string[] }>([
    {
      fact: 'starts with the window that reaches the bar',
      sounds: [voice(120)],
      changes: ['started at 120'],
    },
    { fact: 'does not start one window below the bar', sounds: [voice(100), gap(1000)], changes: [] },
    { fact: 'never starts with a click of 40 ms', sounds: [voice(40), gap(2000)], changes: [] },
    {
      fact: 'never starts with clicks, however many',
      sounds: times(50, voice(40), gap(160)),
      changes: [],
    },
    {
      fact: 'does not count hang-over: only the voiced part of a detector that lingers',
      sounds: times(20, voice(100), gap(300)),
      changes: [],
    },
    {
      fact: 'starts with bursts of 60 ms whose gaps are short',
      sounds: [voice(60), gap(60), voice(60)],
      changes: ['started at 180'],
    },
    {
      fact: 'tolerates a gap of the limit',
      sounds: [voice(60), gap(100), voice(60)],
      changes: ['started at 220'],
    },
    { fact: 'forgets what came before a longer gap', sounds: [voice(60), gap(120), voice(60)], changes: [] },
    {
      fact: 'does not add up voice from outside its window',
      sounds: times(20, voice(20), gap(40)),
      changes: [],
    },
    {
      fact: 'has a higher bar while we are talking',
      sounds: [voice(200, ours)],
      changes: ['started at 200'],
    },
    { fact: 'does not start below the higher bar', sounds: [voice(180, ours), gap(1000, ours)], changes: [] },
    {
      fact: 'asks for more certainty while we are talking',
      sounds: [voice(1000, { probability: 0.55, ...ours })],
      changes: [],
    },
    {
      fact: 'hears the same uncertain voice while we are silent',
      sounds: [voice(140, { probability: 0.55 })],
      changes: ['started at 120'],
    },
    {
      fact: 'does not take an echo of ours for the caller: too soft',
      sounds: [voice(2000, { levelDb: -50, ...ours })],
      changes: [],
    },
    {
      fact: 'hears the same soft voice while we are silent',
      sounds: [voice(140, { levelDb: -50 })],
      changes: ['started at 120'],
    },
    {
      fact: 'counts what was voiced before we began to talk',
      sounds: [voice(100), voice(100, ours)],
      changes: ['started at 200'],
    },
    {
      fact: 'ends after the silence, not a window sooner',
      sounds: [voice(120), gap(680), voice(100), gap(700)],
      changes: ['started at 120', 'ended at 1600'],
    },
    {
      fact: 'stays with less certainty than it starts with',
      sounds: [voice(120), voice(2000, { probability: 0.4 }), gap(700)],
      changes: ['started at 120', 'ended at 2820'],
    },
    {
      fact: 'does not start with that little certainty',
      sounds: [voice(2000, { probability: 0.4 })],
      changes: [],
    },
    {
      fact: 'is not kept going by clicks',
      sounds: [voice(120), ...times(20, gap(160), voice(40))],
      changes: ['started at 120', 'ended at 820'],
    },
    {
      fact: 'stays with a softer voice than it starts with',
      sounds: [voice(200, ours), voice(1000, { levelDb: -49, ...ours })],
      changes: ['started at 200'],
    },
    {
      fact: 'is not kept going by our own echo',
      sounds: [voice(200, ours), voice(1000, { levelDb: -52, ...ours })],
      changes: ['started at 200', 'ended at 900'],
    },
    {
      fact: 'goes on when voice comes back in the last window of the silence',
      sounds: [voice(120), gap(680), voice(60), gap(700)],
      changes: ['started at 120', 'ended at 1560'],
    },
    {
      fact: 'starts anew after it has ended',
      sounds: [voice(120), gap(700), voice(120)],
      changes: ['started at 120', 'ended at 820', 'started at 940'],
    },
  ])('$fact', ({ sounds, changes }) => {
    expect(hear(sounds)).toEqual(changes);
  });

  it('knows how long ago speech began, from its first voiced window', () => {
    const rule = new SustainedSpeech(OPTIONS);
    hear([gap(500), voice(60), gap(60), voice(60)], rule);
    expect(rule.sinceOnsetMs).toBe(180);
    hear([gap(300)], rule);
    expect(rule.sinceOnsetMs).toBe(480);
  });

  it('tells voiced time apart from pauses', () => {
    const rule = new SustainedSpeech(OPTIONS);
    hear([voice(60), gap(60), voice(60), gap(200), voice(100), gap(100)], rule);
    expect(rule).toMatchObject({ speaking: true, voicedMs: 220, silentMs: 100 });
  });

  it('counts time in windows of any length', () => {
    const rule = new SustainedSpeech(OPTIONS);
    const changes = Array.from({ length: 4 }, () => rule.push(0.9, -26, 32, false));
    expect(changes).toEqual([undefined, undefined, undefined, 'started']);
  });

  it('alternates start and end, and never starts on less voice than the bar', () => {
    const window = fc.record({ probability: fc.constantFrom(0.1, 0.4, 0.9), talking: fc.boolean() });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 300 }), (windows) => {
        const rule = new SustainedSpeech(OPTIONS);
        let speaking = false;
        for (const { probability, talking } of windows) {
          const change = rule.push(probability, -26, WINDOW_MS, talking);
          if (change !== undefined) expect(change).toBe(speaking ? 'ended' : 'started');
          if (change === 'started')
            expect(rule.voicedMs).toBeGreaterThanOrEqual(
              (talking ? OPTIONS.talking : OPTIONS.quiet).voicedMs,
            );
          speaking = rule.speaking;
        }
      }),
    );
  });

  it('asks for no less voice while we talk than while we are silent, in every profile', () => {
    for (const { quiet, talking } of Object.values(LISTENING_PROFILES)) {
      expect(talking.voicedMs).toBeGreaterThanOrEqual(quiet.voicedMs);
      expect(talking.probability).toBeGreaterThanOrEqual(quiet.probability);
      expect(talking.minimumDb).toBeGreaterThan(quiet.minimumDb);
    }
  });
});
