import { describe, expect, it } from '@jest/globals';
import { concat, NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import { SpokenText } from '../playout/heard-text.js';
import { ScriptedVoice, type VoiceScript, VirtualClock } from '../testing/index.js';
import { climb, type Rung } from './speech-ladder.js';
import { SpeechFailedError, type SpeechChunk } from './voice.js';

const FILLER = new Uint8Array(8 * 500).fill(0x55);
const TEXT = 'one two three four five six seven eight nine ten';

function ladder(...scripts: (VoiceScript | 'filler only')[]) {
  const clock = new VirtualClock();
  const chunks: { chunk: SpeechChunk; atMs: number }[] = [];
  const falls: string[] = [];
  let ended: unknown;
  const voices = scripts.map((script) => new ScriptedVoice(clock, script as VoiceScript));
  const rungs = voices.map((voice, index): Rung => ({
    name: `way ${index + 1}`,
    vendor: index < 2 ? 'first' : 'second',
    synthesize: (text$, options) => voice.synthesize(text$, options),
  }));
  const speak = (text$: Observable<string>, voice?: string, awaited = () => true) =>
    climb(text$, () => ({ rungs, options: { awaited, ...(voice === undefined ? {} : { voice }) } }), {
      clock,
      fillerAfterMs: 400,
      filler: () => FILLER,
      fell: (rung, _error, next) => falls.push(`${rung.name} -> ${next?.name ?? 'nothing'}`),
    }).subscribe({
      next: (chunk) => chunks.push({ chunk, atMs: clock.now() }),
      error: (error: unknown) => (ended = error),
      complete: () => (ended = 'complete'),
    });
  const told = () => {
    const text = new SpokenText();
    let ms = 0;
    for (const { chunk } of chunks) {
      text.append(chunk, ms);
      ms += chunk.audio.length / 8;
    }
    return text.at(ms, ms, true).heard;
  };
  const fillers = () => chunks.filter(({ chunk }) => chunk.audio === FILLER).map(({ atMs }) => atMs);
  return { clock, voices, speak, told, falls, fillers, chunks, ended: () => ended };
}

const fails = (code: string, lasts?: 'account' | 'voice') =>
  new SpeechFailedError(`It failed (${code}).`, code, lasts);

describe('the ladder', () => {
  it.each<{ alignment: 'words' | 'chars' | 'none'; rest: string }>([
    // 1,000 ms of 300 ms words: three words and a third of the fourth.
    { alignment: 'words', rest: 'four five six seven eight nine ten' },
    { alignment: 'chars', rest: 'four five six seven eight nine ten' },
    // By letters at an ordinary rate.
    { alignment: 'none', rest: 'five six seven eight nine ten' },
  ])(
    'gives the next way the text that has no audio yet, as told by $alignment',
    async ({ alignment, rest }) => {
      const test = ladder({ failAfterMs: 1_000, error: fails('closed'), alignment }, { alignment });
      test.speak(of(TEXT));
      await test.clock.advance(2_000);
      expect(test.ended()).toBe('complete');
      const [first, second] = test.voices.map((voice) => voice.utterances[0]?.text);
      expect(first).toBe(TEXT);
      expect(second).toBe(rest);
      expect(test.told().replace(/\s+/g, ' ')).toBe(TEXT);
    },
  );

  it('goes on with text that is still being written', async () => {
    const test = ladder({ failAfterMs: 300, error: fails('closed') }, {});
    const text$ = new Subject<string>();
    test.speak(text$);
    text$.next('one two ');
    await test.clock.advance(500);
    text$.next('three');
    text$.complete();
    await test.clock.advance(2_000);
    expect(test.voices[1]?.utterances[0]?.text).toBe('two three');
    expect(test.ended()).toBe('complete');
  });

  it('fills a silence, and not the time in which speech is still being played', async () => {
    const test = ladder({ failAfterMs: 1_500, error: fails('stalled') }, { firstChunkDelayMs: 3_000 });
    test.speak(of(TEXT));
    await test.clock.advance(6_000);
    const [first] = test.fillers();
    // First audio at 50 ms, 1,500 ms of it, 400 ms of silence.
    expect(first).toBeGreaterThanOrEqual(1_940);
    expect(first).toBeLessThan(2_000);
  });

  it('fills a silence that lasts again and again', async () => {
    const test = ladder({ failAfterMs: 0, error: fails('closed') }, { stallAfterMs: 0 });
    test.speak(of(TEXT));
    await test.clock.advance(4_000);
    const [first = 0, second = 0] = test.fillers();
    expect(first).toBe(450);
    expect(second - first).toBe(500 + 1_200);
  });

  it('fills no more than three times: then the limits of the utterance end it', async () => {
    const test = ladder({ failAfterMs: 0, error: fails('closed') }, { stallAfterMs: 0 });
    test.speak(of(TEXT));
    await test.clock.advance(60_000);
    expect(test.fillers()).toHaveLength(3);
  });

  it('fills nothing while the text has yet to be written', async () => {
    const test = ladder({ failAfterMs: 200, error: fails('closed') }, {});
    const text$ = new Subject<string>();
    test.speak(text$);
    text$.next('one ');
    await test.clock.advance(10_000);
    expect(test.falls).toHaveLength(1);
    expect(test.fillers()).toEqual([]);
    text$.next('two ');
    text$.complete();
    await test.clock.advance(2_000);
    expect(test.ended()).toBe('complete');
  });

  it('knows how long what it passed on is played, pauses in the text included', async () => {
    const test = ladder({ failAfterMs: 1_500, error: fails('closed') }, { firstChunkDelayMs: 3_000 });
    const text$ = new Subject<string>();
    test.speak(text$);
    text$.next('one ');
    await test.clock.advance(4_000);
    text$.next('two three four five six ');
    await test.clock.advance(5_000);
    // 300 ms were heard long ago; 1,200 ms more began at 4,000 ms.
    expect(test.fillers()[0]).toBeGreaterThan(5_500);
  });

  it('fills nothing when the next way is quick', async () => {
    const test = ladder({ failAfterMs: 0, error: fails('closed') }, { firstChunkDelayMs: 300 });
    test.speak(of(TEXT));
    await test.clock.advance(5_000);
    expect(test.fillers()).toEqual([]);
    expect(test.ended()).toBe('complete');
  });

  it('passes over all ways of a vendor whose account is refused', async () => {
    const test = ladder({ failAfterMs: 0, error: fails('invalid_api_key', 'account') }, {}, {});
    test.speak(of(TEXT));
    await test.clock.advance(5_000);
    expect(test.falls).toEqual(['way 1 -> way 3']);
    expect(test.voices[1]?.utterances).toHaveLength(0);
  });

  it("does not ask another vendor for the first one's voice", async () => {
    const script = { failAfterMs: 0, error: fails('closed') };
    const test = ladder(script, script, {});
    test.speak(of(TEXT), 'anna');
    await test.clock.advance(5_000);
    expect(test.voices.map((voice) => voice.utterances[0]?.options?.voice)).toEqual([
      'anna',
      'anna',
      undefined,
    ]);
  });

  it("fails with the last way's error when there is no other", async () => {
    const last = fails('stalled');
    const test = ladder({ failAfterMs: 0, error: fails('closed') }, { failAfterMs: 600, error: last });
    test.speak(of(TEXT));
    await test.clock.advance(5_000);
    expect(test.ended()).toBe(last);
    expect(test.falls).toEqual(['way 1 -> way 2', 'way 2 -> nothing']);
  });

  it("is not climbed because of the text's own error", async () => {
    const broken = new Error('the model broke');
    const test = ladder({}, {});
    test.speak(
      concat(
        of('one '),
        throwError(() => broken),
      ),
    );
    await test.clock.advance(1_000);
    expect(test.ended()).toBe(broken);
    expect(test.falls).toEqual([]);
  });

  it('fills no silence that nobody hears, but does once somebody waits', async () => {
    const test = ladder({ failAfterMs: 0, error: fails('closed') }, { stallAfterMs: 0 });
    let isAwaited = false;
    test.speak(of(TEXT), undefined, () => isAwaited);
    await test.clock.advance(3_000);
    expect(test.fillers()).toEqual([]);
    isAwaited = true;
    await test.clock.advance(400);
    expect(test.fillers()).toHaveLength(1);
  });

  it('cancels the way that is speaking, and the filler, when it is left', async () => {
    const test = ladder({ failAfterMs: 0, error: fails('closed') }, { stallAfterMs: 0 });
    const subscription = test.speak(concat(of('one two '), NEVER));
    await test.clock.advance(100);
    subscription.unsubscribe();
    await test.clock.advance(5_000);
    expect(test.voices[1]?.utterances[0]?.state).toBe('cancelled');
    expect(test.chunks).toEqual([]);
  });
});
