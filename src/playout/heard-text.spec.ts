import { describe, expect, it } from '@jest/globals';
import { SpokenText } from './heard-text.js';

/** Each piece takes 100 ms. */
function spoken(...pieces: string[]): SpokenText {
  const text = new SpokenText();
  const alignment = pieces.map((piece, index) => ({
    text: piece,
    startMs: index * 100,
    endMs: index * 100 + 100,
  }));
  text.append({ audio: new Uint8Array(0), alignment }, 0);
  return text;
}

describe('heard text', () => {
  it.each([
    { pieces: ['Hello ', 'dear ', 'caller.'], atMs: 0, heard: '', unheard: 'Hello dear caller.' },
    { pieces: ['Hello ', 'dear ', 'caller.'], atMs: 49, heard: '', unheard: 'Hello dear caller.' },
    { pieces: ['Hello ', 'dear ', 'caller.'], atMs: 51, heard: 'Hello', unheard: 'dear caller.' },
    { pieces: ['Hello, ', 'dear ', 'caller.'], atMs: 120, heard: 'Hello,', unheard: 'dear caller.' },
    { pieces: ['Say ', '"yes" ', 'now'], atMs: 180, heard: 'Say "yes"', unheard: 'now' },
    {
      pieces: ['a ', 'well-known/made-up ', 'word'],
      atMs: 120,
      heard: 'a',
      unheard: 'well-known/made-up word',
    },
    {
      pieces: ['at ', 'me@example.com ', 'please'],
      atMs: 180,
      heard: 'at me@example.com',
      unheard: 'please',
    },
    { pieces: ['It ', 'costs ', '$12.50 ', 'now'], atMs: 270, heard: 'It costs $12.50', unheard: 'now' },
  ])('at $atMs ms of "$pieces" is "$heard"', ({ pieces, atMs, heard, unheard }) => {
    expect(spoken(...pieces).at(atMs, pieces.length * 100, true)).toEqual({
      heard,
      unheard,
      method: 'aligned',
      errorMs: 0,
    });
  });

  it('finds words in a language without spaces', () => {
    const text = spoken(...'今日はいい天気です'.split(''));
    const { heard, unheard } = text.at(350, 900, true);
    expect(heard).toBe('今日は');
    expect(heard + unheard).toBe('今日はいい天気です');
  });

  it('is everything once everything was played, also a tail without words', () => {
    expect(spoken('Well ', '...').at(200, 200, true)).toEqual({
      heard: 'Well ...',
      unheard: '',
      method: 'aligned',
      errorMs: 0,
    });
  });

  it('is proportional to letters where the voice gives no times, and says so', () => {
    const text = new SpokenText();
    text.append({ audio: new Uint8Array(0), text: 'aaaa bbbb ' }, 0);
    text.append({ audio: new Uint8Array(0), text: 'cccc dddd' }, 800);
    expect(text.at(650, 1_600, true)).toEqual({
      heard: 'aaaa bbbb',
      unheard: 'cccc dddd',
      method: 'proportional',
      errorMs: 158,
    });
    expect(text.at(1_100, 1_600, true)).toMatchObject({ heard: 'aaaa bbbb cccc' });
  });

  it('assumes an ordinary rate while the end of proportional text is not known', () => {
    const text = new SpokenText();
    text.append({ audio: new Uint8Array(0), text: 'one two three four five six' }, 0);
    expect(text.at(600, 700, false).heard).toBe('one two');
  });

  it('forgets what will be said again, and what was told as one as a whole', () => {
    const text = new SpokenText();
    const alignment = [
      { text: 'Call ', startMs: 0, endMs: 300 },
      { text: '+1 415 555 ', startMs: 300, endMs: 2_300 },
      { text: 'now. ', startMs: 2_300, endMs: 2_600 },
    ];
    text.append({ audio: new Uint8Array(0), alignment }, 0);
    expect(text.takeBack(1_500)).toBe('Call ');
    const again = [{ text: '+1 415 555 now.', startMs: 0, endMs: 2_300 }];
    text.append({ audio: new Uint8Array(0), alignment: again, resumed: true }, 1_500);
    expect(text.at(3_800, 3_800, true).heard).toBe('Call +1 415 555 now.');
  });

  it('is nothing, and says so, when the voice gave no text', () => {
    expect(new SpokenText().at(500, 1_000, true)).toEqual({
      heard: '',
      unheard: '',
      method: 'none',
      errorMs: 0,
    });
  });
});
