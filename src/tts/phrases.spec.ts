import { describe, expect, it } from '@jest/globals';
import { NEVER, of, throwError } from 'rxjs';
import { ScriptedVoice, VirtualClock } from '../testing/index.js';
import { comfortTone } from './comfort-tone.js';
import { Phrases } from './phrases.js';
import type { SpeechWay } from './voice.js';

const TEXTS = ['One moment.', 'Goodbye.'];
const none = () => undefined;

function speaker() {
  const clock = new VirtualClock();
  const voice = new ScriptedVoice(clock);
  const way: SpeechWay = {
    name: 'scripted',
    synthesize: (text$, options) => voice.synthesize(text$, options),
  };
  return { clock, voice, way };
}
const broken: SpeechWay = { name: 'broken', synthesize: () => throwError(() => new Error('down')) };

describe('phrases', () => {
  it('are made one after the other, once per voice', async () => {
    const { clock, voice, way } = speaker();
    const phrases = new Phrases(TEXTS, undefined);
    void phrases.prepare(way, { voice: 'anna' }, none);
    void phrases.prepare(way, { voice: 'anna' }, none);
    await clock.advance(50);
    expect(voice.active).toBe(1);
    await clock.advance(5_000);
    void phrases.prepare(way, { voice: 'anna' }, none);
    expect(voice.utterances.map(({ text, options }) => [text, options?.voice, options?.phrase])).toEqual(
      TEXTS.map((text) => [text, 'anna', true]),
    );
    const demand = () => Promise.resolve();
    expect(phrases.find('Goodbye.', { voice: 'anna', phrase: true, demand })).not.toHaveLength(0);
    expect(phrases.find('Goodbye.', { voice: 'bert' })).toBeUndefined();
  });

  it("are the fallback voice's while the voice cannot make them", async () => {
    const { clock, way } = speaker();
    const failures: unknown[] = [];
    const phrases = new Phrases(TEXTS, way);
    void phrases.prepare(broken, {}, (error) => failures.push(error));
    await clock.advance(5_000);
    expect(failures).toHaveLength(1);
    expect(phrases.audio('One moment.', {})).toHaveLength(2 * 300 * 8);
  });

  it("are no longer the fallback voice's once the voice has spoken again", async () => {
    const { clock, way } = speaker();
    const phrases = new Phrases(TEXTS, way);
    void phrases.prepare(broken, {}, none);
    await clock.advance(5_000);
    expect(phrases.find('Goodbye.', { voice: 'anna' })).toBeDefined();
    void phrases.prepare(way, {}, none);
    await clock.advance(5_000);
    expect(phrases.find('Goodbye.', { voice: 'anna' })).toBeUndefined();
  });

  it('are tried again after a failure', async () => {
    const { clock, way } = speaker();
    const phrases = new Phrases(TEXTS, undefined);
    await phrases.prepare(broken, {}, none);
    void phrases.prepare(way, {}, none);
    await clock.advance(5_000);
    expect(phrases.find('Goodbye.', {})).toBeDefined();
  });

  it('are at least a soft tone', () => {
    const phrases = new Phrases(TEXTS, undefined);
    void phrases.prepare({ name: 'silent', synthesize: () => NEVER }, {}, none);
    expect(phrases.audio('One moment.', {})).toBe(comfortTone());
    expect(phrases.find('One moment.', {})).toBeUndefined();
  });

  it('of the voice that was used longest ago are forgotten', async () => {
    const phrases = new Phrases(['Hm.'], undefined);
    const way: SpeechWay = { name: 'quick', synthesize: () => of({ audio: Uint8Array.of(1) }) };
    for (let index = 0; index < 33; index++) await phrases.prepare(way, { voice: `voice ${index}` }, none);
    expect(phrases.find('Hm.', { voice: 'voice 0' })).toBeUndefined();
    expect(phrases.find('Hm.', { voice: 'voice 1' })).toBeDefined();
  });
});

describe('the comfort tone', () => {
  it('lasts 600 ms and never clips', () => {
    expect(comfortTone()).toHaveLength(600 * 8);
  });
});
