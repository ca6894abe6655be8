import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { from, of, Subject } from 'rxjs';
import { decibelFullScale } from '../audio/level.js';
import { decodeMuLaw } from '../audio/mu-law.js';
import type { Turn } from '../conversation/voice-agent.js';
import type { SpeechChunk } from '../tts/voice.js';
import { ScriptedAgent } from './scripted-agent.js';
import { lastHeard, readScript, scriptedAudio } from './scripted-chunk.js';
import { ScriptedVoice, type VoiceScript } from './scripted-voice.js';
import { VirtualClock } from './virtual-clock.js';

describe('scripted audio', () => {
  it('is never silent and tells its utterance and millisecond, from any offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4095 }),
        fc.integer({ min: 0, max: 2 ** 24 - 60 }),
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 7 }),
        (utterance, fromMs, cutHead, cutTail) => {
          const audio = scriptedAudio(utterance, fromMs, fromMs + 50);
          const first = fromMs + (cutHead > 0 ? 1 : 0);
          const last = fromMs + 49 - (cutTail > 0 ? 1 : 0);
          const read = readScript(audio.subarray(cutHead, audio.length - cutTail));
          expect(audio.every((byte) => (byte & 0x7f) !== 0x7f)).toBe(true);
          expect(read.map(({ ms }) => ms)).toEqual(
            Array.from({ length: last - first + 1 }, (_, at) => first + at),
          );
          expect(read.every((position) => position.utterance === utterance)).toBe(true);
        },
      ),
    );
  });

  it('is as loud as people speak, so that no caller is taken for an echo of it', () => {
    const samples = decodeMuLaw(scriptedAudio(3, 0, 5_000));
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    expect(Math.abs(decibelFullScale(power) + 20)).toBeLessThan(3);
  });

  it('is found between silence and other utterances', () => {
    const silence = new Uint8Array(13).fill(0xff);
    const bytes = Buffer.concat([scriptedAudio(1, 0, 3), silence, scriptedAudio(2, 7, 9), silence]);
    expect(readScript(bytes).map(({ utterance, ms }) => `${utterance}:${ms}`)).toEqual([
      '1:0',
      '1:1',
      '1:2',
      '2:7',
      '2:8',
    ]);
    expect(lastHeard(bytes)).toEqual({ utterance: 2, ms: 8 });
    expect(lastHeard(silence)).toBeUndefined();
  });
});

describe('ScriptedVoice', () => {
  const speak = async (pieces: string[], script: VoiceScript, ms = 10_000) => {
    const clock = new VirtualClock();
    const voice = new ScriptedVoice(clock, script);
    const chunks: { atMs: number; chunk: SpeechChunk }[] = [];
    let outcome: unknown = 'open';
    voice.synthesize(from(pieces)).subscribe({
      next: (chunk) => chunks.push({ atMs: clock.now(), chunk }),
      error: (error: unknown) => (outcome = error),
      complete: () => (outcome = 'complete'),
    });
    await clock.advance(ms);
    const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk.audio));
    return { clock, voice, chunks, outcome, bytes };
  };

  it('speaks each word for as long as it is told, gapless, and completes', async () => {
    const { bytes, outcome, chunks, voice } = await speak(['one tw', 'o three'], {
      msPerWord: 250,
      chunkMs: [100, 60],
    });
    expect(readScript(bytes).map(({ ms }) => ms)).toEqual(Array.from({ length: 750 }, (_, ms) => ms));
    expect(chunks.map(({ atMs }) => atMs).slice(0, 3)).toEqual([50, 70, 90]);
    expect(chunks.map(({ chunk }) => chunk.audio.length / 8).slice(0, 3)).toEqual([100, 60, 100]);
    expect([outcome, voice.active, voice.cancelled]).toEqual(['complete', 0, 0]);
  });

  it.each(['words', 'chars'] as const)('aligns by %s: the spans joined give the text', async (alignment) => {
    const { chunks } = await speak(['Hello, my  dear ', 'world!'], { alignment, chunkMs: 170 });
    let atMs = 0;
    const spans = chunks.flatMap(({ chunk }) => {
      const own = (chunk.alignment ?? []).map((span) => ({ ...span, startMs: span.startMs + atMs }));
      atMs += chunk.audio.length / 8;
      return own;
    });
    expect(spans.map(({ text }) => text).join('')).toBe('Hello, my  dear world!');
    expect(spans.find(({ text }) => text.startsWith('w'))?.startMs).toBe(900);
  });

  it('gives text without times when told so', async () => {
    const { chunks } = await speak(['one two three'], { alignment: 'none', chunkMs: 300 });
    expect(chunks.map(({ chunk }) => [chunk.text, chunk.alignment])).toEqual([
      ['one ', undefined],
      ['two ', undefined],
      ['three', undefined],
    ]);
  });

  it('fails and stalls to the millisecond', async () => {
    const error = new Error('gone');
    const failed = await speak(['one two three'], { failAfterMs: 450, error });
    expect([failed.outcome, failed.bytes.length / 8]).toEqual([error, 450]);
    const stalled = await speak(['one two three'], { stallAfterMs: 450 });
    expect([stalled.outcome, stalled.bytes.length / 8, stalled.clock.pendingTimers]).toEqual([
      'open',
      450,
      0,
    ]);
    expect((await speak(['never'], { stallAfterMs: 0 })).chunks).toHaveLength(0);
  });

  it('speaks while the text is still being written, and stops when unsubscribed', async () => {
    const clock = new VirtualClock();
    const voice = new ScriptedVoice(clock);
    const text$ = new Subject<string>();
    const chunks: SpeechChunk[] = [];
    const subscription = voice.synthesize(text$).subscribe((chunk) => chunks.push(chunk));
    text$.next('one tw');
    await clock.advance(1000);
    expect(Buffer.concat(chunks.map(({ audio }) => audio)).length / 8).toBe(300);
    expect([voice.active, text$.observed]).toEqual([1, true]);
    subscription.unsubscribe();
    expect([voice.active, voice.cancelled, text$.observed, clock.pendingTimers]).toEqual([0, 1, false, 0]);
  });

  it('completes at once when there is nothing to say, and passes on the failure of its text', async () => {
    expect(await speak([' '], {})).toMatchObject({ outcome: 'complete', chunks: [] });
    const clock = new VirtualClock();
    const error = new Error('model');
    const text$ = new Subject<string>();
    let failure: unknown;
    new ScriptedVoice(clock).synthesize(text$).subscribe({ error: (reason: unknown) => (failure = reason) });
    text$.error(error);
    expect(failure).toBe(error);
  });
});

describe('ScriptedAgent', () => {
  const turn = (signal = new AbortController().signal) => ({ transcript: 'hi', signal }) as unknown as Turn;

  it('answers in order, repeats the last answer, and keeps its turns', () => {
    const agent = new ScriptedAgent(new VirtualClock(), ['one', () => of('two')], { greeting: 'hello' });
    expect(agent.onCallStart({} as never)).toBe('hello');
    expect(agent.reply(turn())).toBe('one');
    expect(typeof agent.reply(turn())).toBe('object');
    expect(typeof agent.reply(turn())).toBe('object');
    expect(agent.turns).toHaveLength(3);
  });

  it('writes token by token and stops when aborted', async () => {
    const clock = new VirtualClock();
    const agent = new ScriptedAgent(clock, [
      { tokens: 'one two three', firstTokenDelayMs: 100, tokenDelayMs: 50 },
    ]);
    const abort = new AbortController();
    const got: string[] = [];
    const done = (async () => {
      for await (const token of agent.reply(turn(abort.signal)) as AsyncIterable<string>) got.push(token);
    })();
    await clock.advance(160);
    expect([got, agent.openStreams]).toEqual([['one ', 'two '], 1]);
    abort.abort();
    await done;
    expect(agent.aborts).toEqual([{ turn: 0, atMs: 160 }]);
    expect([agent.tokensTaken, agent.openStreams, clock.pendingTimers]).toEqual([2, 0, 0]);
  });

  it('fails in every way', () => {
    const agent = new ScriptedAgent(new VirtualClock(), [
      { fails: 'throws' },
      { fails: 'empty' },
      { fails: 'never' },
    ]);
    expect(() => agent.reply(turn())).toThrow('the scripted agent fails');
    expect(agent.reply(turn())).toBe('');
    expect(agent.reply(turn())).toBeInstanceOf(Promise);
  });
});
