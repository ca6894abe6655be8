import { describe, expect, it } from '@jest/globals';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import { speechLikeSound } from '../testing/speech-like-sound.js';
import { readArguments } from './arguments.js';
import { notesOf } from './call-notes.js';
import { onsetOf } from './caller-lines.js';
import { firstWords, Lanes, lastWords, wrap } from './lanes.js';
import { measureCall, type Observed } from './measures.js';
import { summaryLines } from './summary.js';
import { paint, terminalStyle, type TerminalFacts, type TerminalStyle } from './terminal-style.js';

const unicode: TerminalStyle = { colors: false, unicode: true, columns: 100 };
const ascii: TerminalStyle = { colors: false, unicode: false, columns: 80 };
const silence = (ms: number) => new Uint8Array(ms * 8).fill(0xff);
const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

const account: SettledUtterance = {
  utterance: 2,
  ended: 'cut',
  heardMs: 2_000,
  sentMs: 2_140,
  synthesizedMs: 9_000,
  heardText: 'one two three four five six seven eight nine',
  unheardText: 'ten eleven',
  method: 'fence',
  textMethod: 'aligned',
  textErrorMs: 0,
  errorMs: 10,
};

/** An answer from 1000 ms on, an interruption at 3000 ms, audio at the rate of speech with 140 ms ahead. */
function observed(stops: boolean): Observed {
  const endMs = stops ? 3_200 : 8_000;
  const media = (atMs: number, ms: number) => ({ atMs, event: 'media' as const, audio: silence(ms) });
  return {
    received: stops ? [media(1_000, 2_340)] : [media(1_000, 20_000)],
    heard: [{ startMs: 1_000, endMs }],
    clears: stops ? [3_200] : [],
    clearsSent: stops ? [3_160] : [],
    marks: [],
    peakHeldMs: stops ? 180 : 20_000,
    onsetToSilenceMs: (sinceMs) => endMs - sinceMs,
  };
}
const said = [
  { text: 'Question?', onsetMs: 100, endMs: 900 },
  { text: 'Stop.', onsetMs: 3_000, endMs: 3_500 },
];
const facts = { startMs: 0, wavPath: 'demo-output/call.wav' };

describe('the demo', () => {
  it('plays the good call unless it is told otherwise, and names an argument it does not know', () => {
    expect(readArguments([])).toEqual({ withoutClear: false, help: false });
    expect(readArguments(['--without-clear'])).toEqual({ withoutClear: true, help: false });
    expect(readArguments(['-h']).help).toBe(true);
    expect(() => readArguments(['--loud'])).toThrow(/Unknown argument --loud/);
  });

  it.each<[string, Partial<TerminalFacts>, Partial<TerminalStyle>]>([
    ['a terminal with UTF-8', {}, { colors: true, unicode: true, columns: 90 }],
    ['a file', { isTTY: false, columns: undefined }, { colors: false, columns: 100 }],
    ['NO_COLOR', { environment: { NO_COLOR: '1', LANG: 'C' } }, { colors: false, unicode: false }],
    ['a huge terminal', { columns: 300 }, { columns: 100 }],
    ['LC_ALL above LANG', { environment: { LC_ALL: 'C', LANG: 'de_DE.UTF-8' } }, { unicode: false }],
  ])('suits its drawing to %s', (_, changes, style) => {
    const terminal = { isTTY: true, columns: 90, platform: 'linux', environment: { LANG: 'de_DE.UTF-8' } };
    expect(terminalStyle({ ...terminal, ...changes })).toMatchObject(style);
  });

  it('writes escape codes only where colours are wanted', () => {
    expect(paint(unicode, 'alarm', 'clear')).toBe('clear');
    expect(paint({ ...unicode, colors: true }, 'alarm', 'clear')).toBe('\u001b[1;31mclear\u001b[0m');
  });

  it.each([unicode, ascii])('draws two lanes of equal width within the columns: %j', (style) => {
    const lanes = new Lanes(style);
    const glimpse = { callerAudio: silence(500), heardAudio: speechLikeSound(500), heldMs: 140, marks: 6 };
    const [title = '', rule = ''] = lanes.header();
    const row = lanes.glimpse(1_500, glimpse);
    expect([title.length, rule.length, row.length].every((length) => length === row.length)).toBe(true);
    expect(row.length).toBeLessThanOrEqual(style.columns);
    expect(row.split(style.unicode ? ' │ ' : ' | ').length).toBe(5);
    expect(row).toContain('1.50');
    expect(isAscii(title + rule + row)).toBe(!style.unicode);
  });

  it('shows loudness as height: silence flat, speech not', () => {
    expect(new Lanes(ascii).bars(silence(500))).toMatch(/^\.{20}$/);
    expect(new Lanes(ascii).bars(speechLikeSound(500))).toMatch(/[*#]/);
    expect(new Lanes(unicode).bars(new Uint8Array(0))).toBe('·'.repeat(20));
  });

  it('wraps a note within its lane and gives its time once', () => {
    const rows = new Lanes(ascii).note(2_000, {
      lane: 'agent',
      tone: 'good',
      text: 'heard: "… a rather long sentence"',
    });
    expect(rows.length).toBe(2);
    expect(rows.filter((row) => row.includes('2.00')).length).toBe(1);
    expect(rows.every((row) => isAscii(row) && row.length <= 80)).toBe(true);
  });

  it('wraps and shortens between words', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('', 7)).toEqual([]);
    expect([firstWords('a b c', 2), lastWords('a b c', 2), lastWords('a b', 2)]).toEqual([
      'a b …',
      '… b c',
      'a b',
    ]);
  });

  it('takes the first sound for the onset, not the first sample', () => {
    expect(onsetOf(Buffer.concat([silence(30), speechLikeSound(200)]))).toBeGreaterThanOrEqual(30);
    expect(onsetOf(silence(100))).toBe(0);
  });

  it("calls the host's account a belief when there was no clear", () => {
    const event = { type: 'agent-settled', atMs: 1, account } as const;
    expect(notesOf(event, false).map(({ text }) => text)).toEqual([
      'heard: "… three four five six seven eight nine"',
      'not heard: "ten eleven"',
    ]);
    expect(notesOf(event, true)[0]?.text).toMatch(/^believed heard/);
    expect(notesOf({ type: 'caller-stopped', atMs: 1 }, false)).toEqual([]);
  });

  it('measures an interruption at the ear, and what the clear threw away', () => {
    const measures = measureCall(observed(true), said, [{ atMs: 3_250, account }], 6_000);
    expect(measures).toMatchObject({ sentMs: 2_340, heardMs: 2_200, thrownAwayMs: 140, leftOverMs: 0 });
    expect(measures.interruptions).toEqual([
      expect.objectContaining({
        silentAfterMs: 200,
        fellSilent: true,
        clearSentAfterMs: 160,
        clearArrivedAfterMs: 200,
        waitingMs: 340,
        thrownAwayMs: 140,
        account,
      }),
    ]);
    const text = summaryLines(measures, { ...facts, withoutClear: false }, ascii).join('\n');
    expect(text).toContain("200 ms (way up, detection 160 ms; clear's way down 40 ms)");
    expect(text).toContain('"... two three four five six seven eight nine"');
    expect(text).toContain('npm run demo -- --without-clear');
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
  });

  it('says for how long the agent talked on when nothing stopped it', () => {
    const measures = measureCall(observed(false), said, [], 8_000);
    expect(measures.interruptions[0]).toMatchObject({ fellSilent: false, silentAfterMs: 5_000 });
    expect(measures).toMatchObject({ thrownAwayMs: 0, leftOverMs: 13_000 });
    const lines = summaryLines(measures, { ...facts, withoutClear: true }, ascii);
    expect(lines.join('\n')).toContain('never: it talked on for 5.0 s, until the caller hung up');
    expect(lines.every((line) => line.length <= 80 && isAscii(line))).toBe(true);
  });

  it('takes a pause that the end of the call cut short for no silence', () => {
    const pausing = { ...observed(false), onsetToSilenceMs: () => 4_900 };
    expect(measureCall(pausing, said, [], 8_000).interruptions[0]?.fellSilent).toBe(false);
  });
});
