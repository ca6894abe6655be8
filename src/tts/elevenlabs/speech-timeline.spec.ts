import { describe, expect, it } from '@jest/globals';
import { SpokenText } from '../../playout/heard-text.js';
import { seededRandom } from '../../testing/index.js';
import { voicedSpans } from '../clauses/voiced-text.js';
import type { CharacterTimes } from './server-message.js';
import { SpeechTimeline } from './speech-timeline.js';

const MS_PER_CHAR = 60;
const CLAUSES = ['Hello there, ', 'this is the first whole sentence. ', 'No. ', 'No. ', 'And that is all!'];
const SPOKEN = CLAUSES.map((clause) => `${clause.trim()} `);

type Mode = 'segment-first' | 'every-chunk' | 'absolute' | 'restarting';

interface Message {
  readonly audio: Uint8Array;
  readonly times: CharacterTimes | undefined;
}

/** What a server says for the clauses, each 60 ms per character, in messages of `messageMs`. */
function messages(mode: Mode, messageMs: number): Message[][] {
  let contextMs = 0;
  return SPOKEN.map((text) => {
    const lengthMs = text.length * MS_PER_CHAR;
    const made: Message[] = [];
    for (let fromMs = 0; fromMs < lengthMs; fromMs += messageMs) {
      const toMs = Math.min(lengthMs, fromMs + messageMs);
      const all = Array.from(text, (char, index) => ({ char, startMs: index * MS_PER_CHAR }));
      const begins = all.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
      const first = fromMs === 0;
      const times: Record<Mode, CharacterTimes | undefined> = {
        'every-chunk': timesOf(begins, -fromMs),
        absolute: timesOf(begins, contextMs),
        'segment-first': first ? timesOf(all, 0) : undefined,
        restarting: timesOf(
          all.filter(({ startMs }) => startMs < toMs),
          0,
        ),
      };
      made.push({ audio: new Uint8Array((toMs - fromMs) * 8), times: times[mode] });
    }
    contextMs += lengthMs;
    return made;
  });
}

function timesOf(
  chars: readonly { char: string; startMs: number }[],
  shiftMs: number,
): CharacterTimes | undefined {
  if (chars.length === 0) return undefined;
  return {
    chars: chars.map(({ char }) => char),
    startsMs: chars.map(({ startMs }) => startMs + shiftMs),
    durationsMs: chars.map(() => MS_PER_CHAR),
  };
}

/** Text that is heard at `heardMs`, by the chunks a timeline makes of the messages. */
function timelineOf(mode: Mode, messageMs: number) {
  const timeline = new SpeechTimeline();
  const text = new SpokenText();
  let audioMs = 0;
  messages(mode, messageMs).forEach((clause, index) => {
    timeline.wrote(voicedSpans(CLAUSES[index] ?? ''));
    for (const { audio, times } of clause) {
      text.append(timeline.received(audio, times), audioMs);
      audioMs += audio.length / 8;
    }
  });
  const rest = timeline.rest();
  if (rest !== undefined) text.append(rest, audioMs);
  return { text, audioMs, timeline, rest };
}

/** Words of which at least half has sounded: what a perfect listener heard. */
function truth(heardMs: number): string {
  const spoken = SPOKEN.join('');
  const words = [...spoken.matchAll(/\S+/g)].filter(({ 0: word, index }) => {
    const letters = word.replace(/[^\p{L}]+$/u, '').length;
    return (index + letters / 2) * MS_PER_CHAR <= heardMs;
  });
  return words.map(([word]) => word).join(' ');
}

describe('the timeline of a context', () => {
  const modes: Mode[] = ['segment-first', 'every-chunk', 'absolute', 'restarting'];

  it.each(modes.flatMap((mode) => [20, 47, 250, 1_000, 2_000].map((messageMs) => ({ mode, messageMs }))))(
    'knows every word and when it sounds: $mode, messages of $messageMs ms',
    ({ mode, messageMs }) => {
      const { text, audioMs } = timelineOf(mode, messageMs);
      const random = seededRandom(7);
      for (let cut = 0; cut < 200; cut++) {
        const heardMs = Math.floor(random() * audioMs);
        const { heard, method } = text.at(heardMs, audioMs, false);
        expect({ heardMs, heard, method }).toEqual({ heardMs, heard: truth(heardMs), method: 'aligned' });
      }
      expect(text.at(audioMs, audioMs, true).heard).toBe(CLAUSES.join('').trim());
    },
  );

  it('falls short as long as audio of the text is missing', () => {
    const timeline = new SpeechTimeline();
    timeline.wrote(voicedSpans(CLAUSES[0] ?? ''));
    const [clause = []] = messages('segment-first', 100);
    const lengthMs = clause.reduce((ms, { audio }) => ms + audio.length / 8, 0);
    for (const { audio, times } of clause) {
      // The times may be a little longer than the audio.
      if (lengthMs - timeline.audioMs > 250) expect(timeline.isShort).toBe(true);
      timeline.received(audio, times);
    }
    expect(timeline.isShort).toBe(false);
  });

  it('is proportional when the server gives no times, and begins each clause where its audio begins', () => {
    const timeline = new SpeechTimeline();
    const text = new SpokenText();
    let audioMs = 0;
    for (const clause of CLAUSES) timeline.wrote(voicedSpans(clause));
    for (const clause of messages('absolute', 250)) {
      for (const { audio } of clause) {
        text.append(timeline.received(audio, undefined), audioMs);
        audioMs += audio.length / 8;
      }
      timeline.flushed();
    }
    expect(timeline.rest()).toBeUndefined();
    const firstMs = (SPOKEN[0]?.length ?? 0) * MS_PER_CHAR;
    expect(text.at(firstMs + 10, audioMs, false)).toMatchObject({
      heard: 'Hello there,',
      method: 'proportional',
    });
    expect(text.at(audioMs, audioMs, true).heard).toBe(CLAUSES.join('').trim());
  });

  it('is not misled by letters that lower case makes longer', () => {
    const source = "İyi günler. İstanbul'da hava sıcak ve güneşli, İzmir'de ise serin.";
    const timeline = new SpeechTimeline();
    const text = new SpokenText();
    timeline.wrote(voicedSpans(source, 'tr'));
    const chars = Array.from(source);
    const times = { chars, startsMs: chars.map((_, index) => index * 60), durationsMs: chars.map(() => 60) };
    text.append(timeline.received(new Uint8Array(8 * 60 * chars.length), times), 0);
    const end = 60 * chars.length;
    expect(text.at(34 * 60, end, false).heard).toBe("İyi günler. İstanbul'da hava sıcak");
  });

  it('estimates a clause that comes without times behind one that had them, and says so', () => {
    const timeline = new SpeechTimeline();
    const text = new SpokenText();
    const parts = ['Hello there. ', 'How are you today? ', 'I am fine.'];
    for (const part of parts) timeline.wrote(voicedSpans(part));
    const chars = Array.from('Hello there. ');
    const startsMs = chars.map((_, index) => index * 60);
    text.append(
      timeline.received(new Uint8Array(8 * 780), { chars, startsMs, durationsMs: chars.map(() => 60) }),
      0,
    );
    timeline.flushed();
    let audioMs = 780;
    for (const length of [19, 11]) {
      for (let ms = 0; ms < length * 60; ms += 60) {
        text.append(timeline.received(new Uint8Array(8 * 60), undefined), audioMs);
        audioMs += 60;
      }
      timeline.flushed();
    }
    expect(timeline.isShort).toBe(false);
    const end = text.at(audioMs - 120, audioMs, false);
    expect(end.heard).toBe('Hello there. How are you today? I am fine.');
    expect(end.method).toBe('proportional');
    expect(end.errorMs).toBeGreaterThan(0);
    expect(text.at(780 + 8 * 60, audioMs, false).heard).toBe('Hello there. How are');
  });

  it.each(['Great news! 🎉', 'Done.\n```\n', '🎉 Great news!'])(
    'waits for no audio of what cannot be spoken: %j',
    (source) => {
      const timeline = new SpeechTimeline();
      const clauses = source.startsWith('🎉')
        ? ['🎉 ', 'Great news!']
        : [source.slice(0, -2), source.slice(-2)];
      for (const clause of clauses) timeline.wrote(voicedSpans(clause));
      timeline.received(new Uint8Array(8 * 800), undefined);
      timeline.flushed();
      expect(timeline.isShort).toBe(false);
    },
  );

  it('takes half the audio of a text without times for too little', () => {
    const timeline = new SpeechTimeline();
    timeline.wrote(voicedSpans('For your appointment on Monday please bring your passport with you.'));
    timeline.received(new Uint8Array(8 * 2_300), undefined);
    expect(timeline.isShort).toBe(true);
    timeline.received(new Uint8Array(8 * 1_800), undefined);
    expect(timeline.isShort).toBe(false);
  });

  it('takes times that are a little longer than the audio for the whole of it', () => {
    const timeline = new SpeechTimeline();
    const source = 'word '.repeat(100);
    timeline.wrote(voicedSpans(source));
    const chars = Array.from(source);
    const times = {
      chars,
      startsMs: chars.map((_, index) => index * 60.6),
      durationsMs: chars.map(() => 60.6),
    };
    timeline.received(new Uint8Array(8 * 60 * chars.length), times);
    expect(timeline.isShort).toBe(false);
  });

  it('survives characters that were left out, added or changed in case', () => {
    const timeline = new SpeechTimeline();
    const text = new SpokenText();
    timeline.wrote(voicedSpans('Straße, naïve café!'));
    const chars = Array.from('straße naïve  caf é!?');
    const times = { chars, startsMs: chars.map((_, index) => index * 50), durationsMs: chars.map(() => 50) };
    text.append(timeline.received(new Uint8Array(8 * 50 * chars.length), times), 0);
    const rest = timeline.rest();
    if (rest !== undefined) text.append(rest, 50 * chars.length);
    expect(text.at(400, 1_050, true).heard).toBe('Straße,');
    expect(text.at(1_050, 1_050, true).heard).toBe('Straße, naïve café!');
  });

  it('maps what was spoken to what was written', () => {
    const timeline = new SpeechTimeline();
    const spans = [
      { source: 'It costs ', spoken: 'It costs ' },
      { source: '**$5** ', spoken: 'five dollars ' },
      { source: '🙂 today', spoken: 'today ' },
    ];
    timeline.wrote(spans);
    const chars = Array.from('It costs five dollars today ');
    const times = { chars, startsMs: chars.map((_, index) => index * 10), durationsMs: chars.map(() => 10) };
    const { alignment } = timeline.received(new Uint8Array(8 * 10 * chars.length), times);
    expect(alignment?.map(({ text }) => text)).toEqual(spans.map(({ source }) => source));
    expect(alignment?.[1]).toMatchObject({ startMs: 90, endMs: 210 });
  });
});
