import { describe, expect, it } from '@jest/globals';
import { forLog, NO_REDACTION, redacted, type RedactionPlace, StandardRedactor } from './redactor.js';

const redactor = new StandardRedactor();
const PLACES: readonly RedactionPlace[] = ['log', 'record', 'model'];
const spelled = (number: string, names: string) =>
  Array.from(number, (digit) => names.split(' ')[Number(digit)]);
const ENGLISH = 'zero one two three four five six seven eight nine';

describe.each(PLACES)('the standard redactor, for the %s', (place) => {
  it.each([
    ['in groups', 'it is 4111 1111 1111 1111, thanks'],
    ['in one piece', 'it is 4111111111111111, thanks'],
    ['with hyphens', 'it is 4111-1111-1111-1111, thanks'],
    ['with commas and breaks', 'it is 4111, 1111,\n1111, 1111, thanks'],
    ['digit by digit', 'it is 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1, thanks'],
    ['of American Express', 'it is 3782 822463 10005, thanks'],
    ['of Diners Club', 'it is 3056 930902 5904, thanks'],
    ['of Mastercard’s second range', 'it is 2223 0031 2200 3222, thanks'],
    ['of Maestro', 'it is 6759 6498 2643 8453, thanks'],
    ['in full-width digits', 'it is ４１１１ １１１１ １１１１ １１１１, thanks'],
    ['in Arabic digits', 'it is ٤١١١ ١١١١ ١١١١ ١١١١, thanks'],
    ['in English words', `it is ${spelled('4111111111111111', ENGLISH).join(' ')}, thanks`],
    ['in words with "oh" and "double"', 'it is 5555 oh 000 double oh 55 5555, thanks'],
    [
      'in German words',
      `it is ${spelled('4111111111111111', 'null eins zwei drei vier').join(', ')}, thanks`,
    ],
    ['in Chinese words', 'it is 四一一一一一一一一一一一一一一一, thanks'],
  ])('masks a card number %s, and nothing else', (_, text) => {
    expect(redactor.redact(text, place)).toBe('it is [card number], thanks');
  });

  it('masks a card number behind other digits, and two in a row', () => {
    expect(redactor.redact('item 12, 4111 1111 1111 1111', place)).toBe('item 12, [card number]');
    expect(redactor.redact('4111 1111 1111 1111 5500 0000 0000 0004', place)).toBe(
      '[card number] [card number]',
    );
  });

  it.each([
    'it is 4111 1111 1111 1112', // the check digit is wrong
    'it is 4111 1111 1111 and then 1111',
    'four people, one of them six foot five',
    'the year 2026, the 26th of November',
    '',
  ])('leaves alone: %s', (text) => {
    const shown = place === 'log' ? text.replace(/4111 1111 1111( 1112)?/, '[number]') : text;
    expect(redactor.redact(text, place)).toBe(shown);
  });
});

describe('the standard redactor', () => {
  it.each([
    ['call +1 500 555 0001 back', 'call [number] back'],
    ['call +15005550001 back', 'call [number] back'],
    ['call (030) 123 45 67 back', 'call [number] back'],
    ['order 123456789', 'order [number]'],
    ['connect ECONNREFUSED 192.168.100.200:5432', 'connect ECONNREFUSED 192.168.100.200:5432'],
    ['no answer within 120000 ms', 'no answer within 120000 ms'],
    ['Call CA00000000000000000000000000000001', 'Call CA00000000000000000000000000000001'],
  ])('makes of "%s" in a log "%s"', (text, shown) => {
    expect(redactor.redact(text, 'log')).toBe(shown);
  });

  it.each(['record', 'model'] as const)('leaves telephone numbers in the %s: a host needs them', (place) => {
    expect(redactor.redact('+1 500 555 0001', place)).toBe('+1 500 555 0001');
  });
});

describe('a line of the log', () => {
  it('holds no control character, line break or change of direction, whatever the redactor', () => {
    const forged = 'name\r\n[Nest] 1 ERROR \u001B[31mforged\u2028\u202Eback\u0000\uD800';
    expect(forLog(NO_REDACTION, forged)).toBe('name [Nest] 1 ERROR  [31mforged back ');
  });

  it('is of bounded length', () => {
    expect(forLog(NO_REDACTION, 'x'.repeat(10_000))).toHaveLength(501);
  });
});

describe('a redactor of the host’s that fails', () => {
  it.each([
    ['throws', () => { throw new Error('no'); }], // prettier-ignore
    ['returns nothing', () => undefined as unknown as string],
    ['returns a promise', () => Promise.resolve('') as unknown as string],
  ])('and %s lets nothing through', (_, redact) => {
    expect(redacted({ redact }, 'a secret', 'record')).toBe('[not shown: the redactor failed]');
  });
});
