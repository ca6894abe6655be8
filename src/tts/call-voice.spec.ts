import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, type Observable, of, throwError, toArray } from 'rxjs';
import { VirtualClock } from '../testing/index.js';
import { LadderVoice } from './call-voice.js';
import { Phrases } from './phrases.js';
import {
  SpeechFailedError,
  type SpeechChunk,
  type UtteranceVoiceOptions,
  type Voice,
  type VoiceOptions,
  type VoiceSession,
} from './voice.js';

/** A vendor with two ways, each of which does as the test says; writes down who spoke, and how. */
class Vendor implements Voice, VoiceSession {
  readonly name = 'vendor';
  readonly spoke: { readonly way: string; readonly options: UtteranceVoiceOptions }[] = [];
  fails: (way: string, options: UtteranceVoiceOptions) => Error | undefined = () => undefined;
  warmed: VoiceOptions[] = [];

  open = () => this;
  close = () => undefined;
  warm = (options: VoiceOptions) => void this.warmed.push(options);

  check({ voice }: VoiceOptions): void {
    if (voice === 'wrong') throw new Error('voice: there is none of that name');
  }

  ways = () => ['first', 'second'].map((name) => ({ name, synthesize: this.#speak(name) }));

  synthesize = this.#speak('first');

  #speak(way: string) {
    return (_: Observable<string>, options: UtteranceVoiceOptions = {}): Observable<SpeechChunk> => {
      const error = this.fails(way, options);
      if (error !== undefined) return throwError(() => error);
      this.spoke.push({ way, options });
      return of({ audio: Uint8Array.of(1) });
    };
  }
}

function callVoice() {
  const clock = new VirtualClock();
  const vendor = new Vendor();
  const fallback = new Vendor();
  const voice = new LadderVoice({
    voice: vendor,
    fallback: { name: 'fallback', synthesize: fallback.synthesize },
    clock,
    phrases: new Phrases([], undefined),
    filler: { text: 'Hm.', afterMs: 400 },
    noPhrases: () => undefined,
    fell: () => undefined,
  });
  const say = (options: UtteranceVoiceOptions = {}) =>
    lastValueFrom(voice.speak(of('Hello.'), options).pipe(toArray()));
  const who = () => [...vendor.spoke.map(({ way }) => way), ...fallback.spoke.map(() => 'fallback')];
  return { clock, vendor, voice, say, who };
}

const failure = (lasts?: 'account' | 'voice') => new SpeechFailedError('It failed.', 'failed', lasts);

describe('the voice of a call', () => {
  it('leaves a way that failed alone for ten seconds, then tries it again', async () => {
    const { clock, vendor, say, who } = callVoice();
    vendor.fails = (way) => (way === 'first' ? failure() : undefined);
    await say();
    vendor.fails = () => undefined;
    await say();
    await clock.advance(10_000);
    await say();
    expect(who()).toEqual(['second', 'second', 'first']);
  });

  it('leaves the vendor alone for a minute when the account is refused', async () => {
    const { clock, vendor, say, who } = callVoice();
    vendor.fails = () => failure('account');
    await say();
    vendor.fails = () => undefined;
    await clock.advance(59_000);
    await say();
    await clock.advance(1_000);
    await say();
    expect(who()).toEqual(['first', 'fallback', 'fallback']);
  });

  it('goes on with its own voice when another one was refused', async () => {
    const { vendor, say, who } = callVoice();
    vendor.fails = (_, { voice }) => (voice === 'unknown' ? failure('voice') : undefined);
    await say({ voice: 'unknown' });
    await say();
    expect(who()).toEqual(['first', 'fallback']);
    expect(vendor.spoke[0]?.options.voice).toBeUndefined();
  });

  it('is not put off by a mistake in what it was asked', async () => {
    const { vendor, say, who } = callVoice();
    vendor.fails = () => new TypeError('wrong');
    await say();
    vendor.fails = () => undefined;
    await say();
    expect(who()).toEqual(['first', 'fallback']);
  });

  it('adds settings to those it has, those of a vendor too', async () => {
    const { vendor, voice, say } = callVoice();
    voice.use({ voice: 'anna', elevenlabs: { model: 'm', settings: { stability: 0.3 } } });
    voice.use({ language: 'de' });
    await say({ elevenlabs: { settings: { speed: 0.9 } } });
    expect(vendor.spoke[0]?.options).toEqual({
      voice: 'anna',
      language: 'de',
      elevenlabs: { model: 'm', settings: { stability: 0.3, speed: 0.9 } },
    });
  });

  it('refuses wrong settings and keeps those it has', async () => {
    const { vendor, voice, say } = callVoice();
    voice.use({ voice: 'anna' });
    expect(() => {
      voice.use({ voice: 'wrong' });
    }).toThrow(/none of that name/);
    await say();
    expect(vendor.spoke[0]?.options.voice).toBe('anna');
    expect(vendor.warmed).toEqual([{ voice: 'anna' }]);
  });
});
