import { describe, expect, it } from '@jest/globals';
import { FAULT_KINDS, voiceFault } from './faults.js';
import { GenerationLog } from './generation.js';
import { changedScenario, DEFAULT_SCENARIO } from './scenario.js';
import { TextBuffer } from './text-buffer.js';

const ORIGIN = { voiceId: 'v', msPerChar: 60, opaque: false };

describe('what was heard', () => {
  const log = new GenerationLog();
  const [one, two] = [log.begin(ORIGIN), log.begin(ORIGIN)];
  one.append('Hi 😀 you');
  two.append('Bye');
  const [first, second] = [one.take(8 * 480), two.take(8 * 180)];

  it('is told per generation, in order of appearance, whatever is between', () => {
    const bytes = Buffer.concat([second, Buffer.alloc(333, 0xff), first]);
    expect(log.heard(bytes)).toEqual([
      { generation: two, text: 'Bye', firstMs: 0, lastMs: 179 },
      { generation: one, text: 'Hi 😀 you', firstMs: 0, lastMs: 479 },
    ]);
  });

  it('has the characters of which at least half sounded', () => {
    expect(log.heard(first.subarray(0, 8 * 89)).map(({ text }) => text)).toEqual(['H']);
    expect(log.heard(first.subarray(0, 8 * 90)).map(({ text }) => text)).toEqual(['Hi']);
    expect(log.heard(first.subarray(8 * 31)).map(({ text }) => text)).toEqual(['i 😀 you']);
  });

  it('counts a character of two code units as one', () => {
    expect(log.heard(first.subarray(8 * 180, 8 * 240))).toMatchObject([{ text: '😀', firstMs: 180 }]);
  });
});

describe('text that waits', () => {
  it('is spoken up to the last end of a clause in auto mode', () => {
    const buffer = new TextBuffer(true);
    expect(buffer.write('No. Yes, but 3.5')).toBe('No. Yes, ');
    expect(buffer.write(' is more." ')).toBe('but 3.5 is more." ');
    expect(buffer.isEmpty).toBe(true);
  });

  it('waits for more and more characters otherwise', () => {
    const buffer = new TextBuffer(false, [10, 20]);
    expect(buffer.write('123456 89')).toBe('');
    expect(buffer.write('0 rest')).toBe('123456 890 ');
    expect(buffer.write('and 15 more ')).toBe('');
    expect(buffer.write('now it is enough ')).toBe('restand 15 more now it is enough ');
  });
});

describe('a voice id', () => {
  it.each(
    Object.entries(FAULT_KINDS).flatMap(([where, kinds]) => kinds.map((kind) => [where, kind] as const)),
  )('asks for %s %s', (where, kind) => {
    const place = where as keyof typeof FAULT_KINDS;
    expect(voiceFault(`fault-${kind}`, place)).toEqual({ where, kind, times: Infinity });
    expect(voiceFault(`fault-${where}-${kind}-4`, place)).toEqual({ where, kind, times: Infinity, after: 4 });
  });

  it('asks for a fault at its own place only, and others for none', () => {
    expect(voiceFault('fault-http-stall', 'socket')).toBeUndefined();
    expect(voiceFault('fault-duplicate-final', 'http')).toBeUndefined();
    expect(voiceFault('Rachel', 'http')).toBeUndefined();
  });
});

describe('a scenario', () => {
  it.each([{ msPerChar: 0.5 }, { speed: 0 }, { messageMs: 10 }, { messageMs: [] }])(
    'refuses %j',
    (change) => {
      expect(() => changedScenario(DEFAULT_SCENARIO, change)).toThrow(Object.keys(change)[0]);
    },
  );
});
