import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClauseCutter } from './clause-cutter.js';

const cut = (pieces: Iterable<string>): string[] => {
  const cutter = new ClauseCutter();
  return [...pieces].flatMap((piece) => cutter.push(piece)).concat(cutter.flush());
};

describe('ClauseCutter', () => {
  it('cuts at the ends of sentences, and at commas once the clause is long enough', () => {
    expect(cut(['Yes. Of course! I can, if you want, look for your order in the list, or not.'])).toEqual([
      'Yes. ',
      'Of course! ',
      'I can, if you want, look for your order in the list, ',
      'or not.',
    ]);
    expect(cut(['Thank you for calling, my friend.'])).toEqual(['Thank you for calling, ', 'my friend.']);
  });

  it.each([
    'Dr. Smith and Mrs. Jones vs. J. Doe',
    'It costs 3.50 or 1,000 at 10:30 p.m. sharp',
    'See www.example.com/a,b or jo.doe@acme.io now',
    'Rule No. 5 e.g. this',
  ])('leaves numbers, abbreviations and addresses whole: %s', (text) => {
    expect(cut(text)).toEqual([text]);
  });

  it('cuts before list items and at blank lines, not at line ends within a sentence', () => {
    expect(cut('Items:\n1. Milk\n2. Eggs\n\nThat is\nall')).toEqual([
      'Items:\n',
      '1. Milk\n',
      '2. Eggs\n\n',
      'That is\nall',
    ]);
  });

  it('gives a clause as soon as the next one begins', () => {
    const cutter = new ClauseCutter();
    expect(cutter.push('Hello there.')).toEqual([]);
    expect(cutter.push(' ')).toEqual([]);
    expect(cutter.push('H')).toEqual(['Hello there. ']);
    expect(cutter.flush()).toEqual(['H']);
    expect(cutter.flush()).toEqual([]);
  });

  it('cuts a long text without punctuation between words', () => {
    const clauses = cut(['never ending '.repeat(60)]);
    expect(clauses.length).toBeGreaterThan(2);
    expect(clauses.every((clause) => clause.length <= 240 && clause.endsWith(' '))).toBe(true);
  });

  it('loses nothing and cuts alike however the text arrives', () => {
    const token = fc.constantFrom(
      'word',
      ' ',
      ', ',
      '. ',
      '? ',
      'Dr. ',
      '5',
      '.',
      '\n',
      '\n- ',
      '1. ',
      '"',
      'No. ',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
        const text = tokens.join('');
        const clauses = cut(text);
        expect(clauses.join('')).toBe(text);
        expect(cut(tokens).join('')).toBe(text);
      }),
    );
  });
});
