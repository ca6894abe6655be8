import { describe, expect, it } from '@jest/globals';
import type { SettledUtterance } from '../../playout/settled-utterance.js';
import { NO_REDACTION } from '../redactor.js';
import type { AnswerStep, CallEvent } from '../voice-call.js';
import type { CallRecord } from './call-record.js';
import { CallRecorder } from './call-recorder.js';

const START = { callSid: 'CA1', streamSid: 'MZ1', accountSid: 'AC1', parameters: { from: '+1' } };

const account = (change: Partial<SettledUtterance> = {}): SettledUtterance => ({
  utterance: 1,
  ended: 'played',
  heardMs: 500,
  sentMs: 500,
  synthesizedMs: 500,
  heardText: 'heard',
  unheardText: '',
  method: 'marks',
  textMethod: 'aligned',
  textErrorMs: 0,
  errorMs: 0,
  ...change,
});
const turn = (atMs: number, transcript = 'words'): CallEvent => ({
  type: 'turn',
  transcript,
  durationMs: 1_000,
  lastSampleAtMs: atMs - 700,
  atMs,
});
const step = (atMs: number, name: AnswerStep['step'], answer = 1, preemptive = false): CallEvent => ({
  type: 'answer',
  step: { answer, step: name, preemptive },
  atMs,
});
const sounding = (atMs: number, answer = 1): CallEvent => ({ type: 'agent-sounding', answer, atMs });
const settled = (atMs: number, change: Partial<SettledUtterance> = {}, answer = 1): CallEvent => ({
  type: 'agent-settled',
  answer,
  account: account(change),
  atMs,
});

function record(...events: CallEvent[]): CallRecord {
  const recorder = new CallRecorder(START, 1_000, Date.parse('2026-01-02T03:04:05.000Z'), NO_REDACTION);
  for (const event of events) recorder.add(event);
  return recorder.record('stop', 61_000.4);
}

describe('a recorder', () => {
  it('makes of an empty call an empty record', () => {
    expect(record()).toEqual({
      schema: 1,
      id: 'CA1/MZ1',
      ...START,
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: '2026-01-02T03:05:05.000Z',
      durationMs: 60_000,
      ended: 'stop',
      turns: [],
      said: [],
      interruptions: 0,
      tools: [],
      limits: [],
      failures: [],
      sensitive: [],
      usage: { models: [], speechCharacters: 0, transcriptionMs: 0 },
      dropped: { turns: 0, said: 0, tools: 0, limits: 0, failures: 0, sensitive: 0 },
    });
  });

  it('counts all steps from the last sound of the caller', () => {
    const [only] = record(
      turn(3_000),
      step(3_000.4, 'asked'),
      step(3_300, 'first-text'),
      step(3_450, 'first-audio'),
      sounding(3_451),
      settled(4_000, { firstHeardAtMs: 3_540 }),
    ).turns;
    expect(only?.waterfall).toEqual({
      turnEndedMs: 700,
      askedMs: 700,
      firstTextMs: 1_000,
      firstAudioMs: 1_150,
      sentMs: 1_151,
      heardMs: 1_240,
    });
    expect(only?.answer).toMatchObject({ heard: 'heard', atMs: 2_451, endedAtMs: 3_000, preemptive: false });
  });

  it('leaves out of a waterfall what did not happen', () => {
    const [only] = record(turn(3_000), step(3_000, 'asked')).turns;
    expect(only?.waterfall).toEqual({ turnEndedMs: 700, askedMs: 700 });
    expect(only?.answer).toBeUndefined();
  });

  it.each<[string, CallEvent[], (number | undefined)[], number[]]>([
    ['confirmed behind its turn', [step(2_500, 'asked', 1, true), turn(3_000), step(3_000, 'confirmed', 1, true)], [200], [0]], // prettier-ignore
    ['confirmed before its turn', [step(2_500, 'asked', 1, true), step(3_000, 'confirmed', 1, true), turn(3_000)], [200], [0]], // prettier-ignore
    ['discarded before its turn', [step(2_000, 'asked', 1, true), step(2_400, 'discarded', 1, true), turn(3_000), turn(9_000)], [undefined, undefined], [1, 0]], // prettier-ignore
    ['discarded behind its turn', [step(2_500, 'asked', 1, true), turn(3_000), step(3_000, 'discarded', 1, true), step(3_010, 'asked', 2), turn(9_000)], [710, undefined], [1, 0]], // prettier-ignore
    ['discarded before it was asked for', [step(2_500, 'discarded', 1, true), turn(3_000)], [undefined], [0]],
  ])('knows the turn of a preemptive answer that is %s', (_, events, asked, discarded) => {
    const { turns } = record(...events);
    expect(turns.map(({ waterfall }) => waterfall.askedMs)).toEqual(asked);
    expect(turns.map(({ discardedAnswers }) => discardedAnswers)).toEqual(discarded);
  });

  it('tells a preemptive answer that was confirmed before its turn once it is spoken', () => {
    const [only] = record(
      step(2_500, 'asked', 1, true),
      step(3_000, 'confirmed', 1, true),
      turn(3_000),
      sounding(3_050),
      settled(4_000),
    ).turns;
    expect(only?.waterfall).toMatchObject({ askedMs: 200, sentMs: 750 });
    expect(only?.answer?.preemptive).toBe(true);
  });

  it.each<[string, CallEvent[], 'caller' | 'host' | undefined, number]>([
    ['by the caller', [sounding(2_000), { type: 'caller-started', atMs: 2_500 }, settled(2_600, { ended: 'cut' })], 'caller', 1], // prettier-ignore
    ['by the host', [sounding(2_000), settled(2_600, { ended: 'cut' })], 'host', 0],
    ['by nobody', [sounding(2_000), { type: 'caller-started', atMs: 2_500 }, settled(2_600)], undefined, 0],
    ['by the host after the caller had spoken before', [{ type: 'caller-started', atMs: 1_500 }, sounding(2_000), settled(2_600, { ended: 'cut' })], 'host', 0], // prettier-ignore
    ['by the caller before it was to be heard', [{ type: 'caller-started', atMs: 2_500 }, settled(2_600, { ended: 'cut' })], 'caller', 0], // prettier-ignore
    ['by the host after the caller had fallen silent', [{ type: 'caller-started', atMs: 1_000 }, { type: 'caller-stopped', atMs: 2_000 }, settled(2_600, { ended: 'cut' })], 'host', 0], // prettier-ignore
  ])('knows what was interrupted %s', (_, events, by, count) => {
    const { said, interruptions } = record(...events);
    expect(said[0]?.interruption?.by).toBe(by);
    expect(interruptions).toBe(count);
  });

  it('has the language of the turn’s own final transcript', () => {
    const transcript = (language: string): CallEvent => ({
      type: 'transcript',
      transcript: { text: 'words', final: true, language },
      atMs: 2_000,
    });
    const { turns } = record(transcript('de'), turn(3_000), turn(9_000));
    expect(turns.map(({ language }) => language)).toEqual(['de', undefined]);
  });

  it('keeps the newest of everything, and counts the rest', () => {
    const many = Array.from({ length: 1_500 }, (_, index) => index);
    const { turns, said, tools, failures, dropped } = record(
      ...many.flatMap((index): CallEvent[] => [
        turn(index, `turn ${index}`),
        step(index, 'asked', index),
        { type: 'agent-settled', account: account({ heardText: `said ${index}` }), atMs: index },
        { type: 'tool', tool: { id: `${index}`, name: 'tool', state: 'succeeded' }, atMs: index },
        { type: 'failed', error: new Error('no'), atMs: index },
      ]),
    );
    expect([turns, said, tools, failures].map(({ length }) => length)).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect([turns[0]?.words, turns.at(-1)?.words]).toEqual(['turn 500', 'turn 1499']);
    expect(dropped).toMatchObject({ turns: 500, said: 500, tools: 500, failures: 500 });
  });

  it('cuts what is too long, and keeps what is no number out of sums', () => {
    const { turns, tools, usage } = record(
      turn(2_000, 'x'.repeat(100_000)),
      { type: 'tool', tool: { id: 'a', name: 'y'.repeat(1_000), state: 'asked' }, atMs: 2_000 },
      { type: 'usage', usage: { kind: 'model', model: 'm', inputTokens: NaN, outputTokens: 2 }, atMs: 2_000 },
      { type: 'usage', usage: { kind: 'speech', characters: -5 }, atMs: 2_000 },
    );
    expect(turns[0]?.words).toHaveLength(10_001);
    expect(tools[0]?.name).toHaveLength(100);
    expect(usage).toEqual({
      models: [{ model: 'm', inputTokens: 0, outputTokens: 2 }],
      speechCharacters: 0,
      transcriptionMs: 0,
    });
  });

  it('tells sensitive stretches, one that lasts to the end of the call too', () => {
    const { sensitive } = record(
      { type: 'sensitive-started', atMs: 2_000 },
      { type: 'sensitive-stopped', atMs: 3_000 },
      { type: 'sensitive-started', atMs: 50_000 },
    );
    expect(sensitive).toEqual([
      { fromMs: 1_000, toMs: 2_000 },
      { fromMs: 49_000, toMs: 60_000 },
    ]);
  });
});
