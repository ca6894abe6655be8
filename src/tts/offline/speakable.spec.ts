import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { speakable, spokenText } from './speakable.js';

const say = (text: string) => spokenText(speakable(text));
const spans = (text: string) => speakable(text).map(({ source }) => source);

describe('speakable', () => {
  it.each([
    ['0, 7, 15, 40, 99, 342', 'zero, seven, fifteen, forty, ninety nine, three hundred forty two'],
    ['1,204 and 1000000', 'one thousand two hundred four and one zero zero zero zero zero zero'],
    ['12,000,001', 'twelve million one'],
    ['3.05 or 0.5', 'three point zero five or zero point five'],
    ['-5 degrees, 5-7 days', 'minus five degrees, five to seven days'],
    ['10% of 1/2 & #3', 'ten percent of one half and number three'],
    ['the 1st, 2nd, 12th and 30th', 'the first, second, twelfth and thirtieth'],
    [
      '$12.50, $1, €0.99, £1,000',
      'twelve dollars and fifty cents, one dollar, ninety nine cents, one thousand pounds',
    ],
    ['$2.5 million', 'two point five million dollars'],
    ['5 km, 1 km, 80kg, 20°C', 'five kilometers, one kilometer, eighty kilograms, twenty degrees celsius'],
  ])('reads numbers, money and units: %s', (text, spoken) => {
    expect(say(text)).toBe(spoken);
  });

  it.each([
    ['at 10:30 am', 'at ten thirty ay em'],
    ['at 9:05, 14:00 or 5pm', "at nine oh five, fourteen o'clock or five pee em"],
    ['on July 4th, 2026.', 'on july fourth twenty twenty six.'],
    ['Dec. 25', 'december twenty fifth'],
    [
      '2026-03-09 and 25/12/2007',
      'march ninth twenty twenty six and december twenty fifth two thousand seven',
    ],
    ['in 1905, since 1900', 'in nineteen oh five, since nineteen hundred'],
  ])('reads times and dates: %s', (text, spoken) => {
    expect(say(text)).toBe(spoken);
  });

  it.each([
    ['(415) 555-2671', 'four one five, five five five, two six seven one'],
    ['555-0123', 'five five five, zero one two three'],
    ['+1 415', 'plus one four hundred fifteen'],
    ['your code is 4821.', 'your code is four eight two one.'],
    ['order AB-1234', 'order ab one two three four'],
    ['007', 'zero zero seven'],
  ])('reads phone numbers and codes digit by digit: %s', (text, spoken) => {
    expect(say(text)).toBe(spoken);
  });

  it.each([
    ['Mr. and Mrs. Jones, Dr. Lee', 'mister and missus jones, doctor lee'],
    ['St. John at 12 Main St. today', 'saint john at twelve main street today'],
    [
      'Visit St. Ann on Elm St. at 9 Oak St. The end',
      'visit saint ann on elm street at nine oak street the end',
    ],
    ['fruit, e.g. apples, i.e. pomes, etc.', 'fruit, for example apples, that is pomes, et cetera'],
    ['No. 5? No.', 'number five? no.'],
    ['an FAQ for USA TV', 'an eff ay cue for you ess ay tea vee'],
    ['www.example.com/help', 'example dot com slash help'],
    ['https://acme.io/.', 'acme dot eye oh.'],
    ['mail jo_2@acme.co.uk!', 'mail jay oh underscore two at acme dot see oh dot you kay!'],
  ])('reads abbreviations and addresses: %s', (text, spoken) => {
    expect(say(text)).toBe(spoken);
  });

  it('passes over Markdown, emoji and other scripts, and drops accents', () => {
    expect(say('**Hello** 😀 _there_, `code` [label](https://x.com)!')).toBe('hello there, code label!');
    expect(say('# Café\n\n- naïve\n- déjà vu')).toBe('cafe. naive. deja vu');
    expect(say('Привет 😀 ...')).toBe('');
    expect(spans('Привет 😀')).toEqual(['Привет 😀']);
  });

  it('keeps white space and punctuation with the word they belong to', () => {
    expect(spans('Well, (see "this") well-known — I said: 10%.')).toEqual([
      'Well, ',
      '(see ',
      '"this") ',
      'well-',
      'known — ',
      'I ',
      'said: ',
      '10',
      '%.',
    ]);
    expect(spans('call 555-0123 now')).toEqual(['call ', '5', '5', '5-', '0', '1', '2', '3 ', 'now']);
  });

  it('always gives spans that join to the source, and plain words', () => {
    const token = fc.constantFrom(
      'word',
      ' ',
      ', ',
      '. ',
      '$',
      '5',
      '12',
      '1,000',
      '.5',
      '-',
      '/',
      ':',
      '(415)',
      '555-2671',
      '+',
      'July',
      'a.m.',
      'St.',
      'e.g.',
      '@',
      'x.com',
      'http://',
      '](',
      ')',
      '**',
      '\n',
      '\n- ',
      '😀',
      '°C',
      '%',
      "o'c",
      'É',
      '’',
    );
    const anyText = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const read = speakable(text);
        expect(read.map(({ source }) => source).join('')).toBe(text);
        expect(read.flatMap(({ words }) => words).every((word) => /^[a-z']+$/.test(word))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
